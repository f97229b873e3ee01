// The address of the page says what is looked at: moment, arm in front, day of the payments. It is
// written when somebody stops to look, never while the clock runs.
(function () {
  "use strict";
  const page = window.tengesim;
  let play = null;
  let clock = null;

  page.writeAddress = function () {
    if (!play || clock.isPlaying) return;
    const address = new URL(window.location.href);
    const put = (name, value) => (value ? address.searchParams.set(name, value) : address.searchParams.delete(name));
    const day = play.dayOf(clock.step);
    const time = page.timeText(clock.step, play.stepsADay).replace(":", "-");
    put("at", clock.step >= clock.steps ? "" : play.iso(day) + "T" + time);
    put("arm", page.focused >= 0 ? play.arms[page.focused].id : "");
    put("day", page.chosenDay);
    window.history.replaceState(null, "", address);
  };

  function readMoment(text) {
    const match = /^(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})$/.exec(text || "");
    const day = match ? play.dayNumber(match[1]) : -1;
    if (day < 0) return clock.steps;
    const minutes = Number(match[2]) * 60 + Number(match[3]);
    return Math.min((day + minutes / 1440) * play.stepsADay, clock.steps);
  }

  page.readAddress = function (playback, runningClock) {
    play = playback;
    clock = runningClock;
    const wanted = new URLSearchParams(window.location.search);
    const arm = play.arms.findIndex((each) => each.id === wanted.get("arm"));
    const day = wanted.get("day") || "";
    clock.set(readMoment(wanted.get("at")));
    page.focusArm(arm);
    if (play.dayNumber(day) >= 0) page.chooseDay(day, false);
    let timer = 0;
    clock.onChange((_, now) => {
      if (!now) return;
      clearTimeout(timer);
      timer = setTimeout(page.writeAddress, 200);
    });
  };
})();
