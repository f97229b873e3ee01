// Numbers, bars and differences that follow the clock. An element is written to only when what it
// shows has changed.
(function () {
  "use strict";
  const page = window.tengesim;

  function collect(selector, make) {
    return [...document.querySelectorAll(selector)].map(make);
  }

  function counter(play) {
    return (element) => {
      const arm = Number(element.dataset.arm);
      const totals = play.series(arm, element.dataset.count);
      const kind = element.dataset.kind;
      let before = NaN;
      return (step) => {
        const value = totals[step];
        if (value === before) return;
        before = value;
        element.textContent = page.shown(value, kind);
      };
    };
  }

  // Bars of one group share a scale, so that their lengths compare.
  function mostOf(play, element) {
    const path = element.dataset.bar;
    if (element.dataset.group !== "refused") return play.most(path);
    let most = 0;
    for (const other of document.querySelectorAll('[data-group="refused"]')) {
      most = Math.max(most, play.most(other.dataset.bar));
    }
    return most;
  }

  function bar(play) {
    return (element) => {
      const totals = play.series(Number(element.dataset.arm), element.dataset.bar);
      const most = mostOf(play, element) || 1;
      let before = NaN;
      return (step) => {
        const value = totals[step];
        if (value === before) return;
        before = value;
        element.style.transform = "scaleX(" + value / most + ")";
      };
    };
  }

  function change(play) {
    return (element) => {
      const arm = Number(element.dataset.arm);
      const one = play.series(arm - 1, element.dataset.change);
      const two = play.series(arm, element.dataset.change);
      const kind = element.dataset.kind;
      let before = NaN;
      return (step) => {
        const value = two[step] - one[step];
        if (value === before) return;
        before = value;
        element.textContent = page.changed(value, kind);
        element.classList.toggle("is-less", value < 0);
        element.classList.toggle("is-more", value > 0);
      };
    };
  }

  function changeBar(play) {
    return (element) => {
      const arm = Number(element.dataset.arm);
      const path = element.dataset.changeBar;
      const one = play.series(arm - 1, path);
      const two = play.series(arm, path);
      const most = play.most(path) || 1;
      let before = NaN;
      return (step) => {
        const value = two[step] - one[step];
        if (value === before) return;
        before = value;
        element.style.transform = "scaleX(" + value / most + ")";
        element.classList.toggle("is-less", value < 0);
      };
    };
  }

  page.startCounts = function (play, clock) {
    const shown = [
      ...collect("[data-count]", counter(play)),
      ...collect("[data-bar]", bar(play)),
      ...collect("[data-change]", change(play)),
      ...collect("[data-change-bar]", changeBar(play)),
    ];
    let before = -1;
    clock.onChange(() => {
      if (clock.step === before) return;
      before = clock.step;
      for (const show of shown) show(before);
    });
  };
})();
