// While arms run: bring the bars up to date, and open the study when it is there.
(function () {
  "use strict";
  const page = window.tengesim;
  const PAUSE_MS = 500;

  function show(progress) {
    const bars = document.querySelectorAll(".running-arm progress");
    progress.arms.forEach((arm, number) => {
      bars[number].max = arm.total;
      bars[number].value = arm.done;
      document.querySelector('[data-said="' + number + '"]').textContent = arm.said;
      const failure = bars[number].nextElementSibling;
      failure.hidden = !arm.message;
      if (failure.firstElementChild.textContent !== arm.message) failure.firstElementChild.textContent = arm.message;
    });
    const failure = document.getElementById("study-failure");
    failure.hidden = !progress.failure;
    failure.textContent = progress.failure;
  }

  page.wait = async function () {
    for (;;) {
      try {
        const answer = await fetch("progress.json");
        const progress = await answer.json();
        if (progress.is_ready) {
          window.location.reload();
          return;
        }
        show(progress);
      } catch {
        // The server was stopped; the page keeps what it shows and asks again.
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
})();
