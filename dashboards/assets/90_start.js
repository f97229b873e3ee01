// Start: numbers first, then the charts, which are large.
(function () {
  "use strict";
  const page = window.tengesim;

  async function start(root) {
    const [play] = await Promise.all([page.loadPlayback(), page.loadTexts()]);
    const clock = new page.Clock(play.steps, play.stepsADay);
    page.play = play;
    page.clock = clock;
    page.focused = -1;
    page.startTimeline(play, clock);
    page.startCounts(play, clock);
    page.startCharts(play, clock);
    page.startTables(play);
    page.startPayments(play, clock);
    page.startLesson(play, clock);
    page.readAddress(play, clock);
    root.dataset.started = "true";
    performance.mark("tengesim-started");
    await page.drawFigures();
  }

  const root = document.querySelector(".page");
  if (root.dataset.playback) start(root);
  else if (root.dataset.waiting) page.wait();
  else if (root.dataset.still) page.startStill();
})();
