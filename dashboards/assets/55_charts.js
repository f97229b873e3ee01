// Cursor, veil and labels over charts that Plotly drew once. Moving them is compositing only: no
// chart is redrawn while the clock runs.
(function () {
  "use strict";
  const page = window.tengesim;
  const LABEL_PX = 19;

  function makeLayer(play, layer) {
    const ceiling = Number(layer.dataset.ceiling || 0);
    const plot = layer.closest(".plot");
    const arms = [...plot.querySelectorAll(".line-label")];
    return {
      veil: layer.querySelector(".veil"),
      track: layer.querySelector(".track"),
      dots: [...layer.querySelectorAll(".line-dot")],
      labels: arms,
      series: layer.dataset.series
        ? arms.map((_, arm) => play.series(arm, layer.dataset.series))
        : [],
      ceiling: ceiling,
      layer: layer,
      height: 0,
      width: 0,
    };
  }

  // Labels stand at the height of their value, kept apart so that each can be read.
  function spread(heights, most) {
    const order = heights.map((_, index) => index).sort((a, b) => heights[a] - heights[b]);
    const placed = heights.slice();
    for (let n = 1; n < order.length; n += 1) {
      placed[order[n]] = Math.max(placed[order[n]], placed[order[n - 1]] + LABEL_PX);
    }
    for (let n = order.length - 1, limit = most; n >= 0; n -= 1) {
      placed[order[n]] = Math.min(placed[order[n]], limit);
      limit = placed[order[n]] - LABEL_PX;
    }
    return placed;
  }

  function moveLines(chart, step) {
    const values = chart.series.map((totals) => totals[step]);
    const heights = values.map((value) => (1 - value / chart.ceiling) * chart.height);
    chart.dots.forEach((dot, arm) => {
      dot.style.transform = "translateY(" + heights[arm].toFixed(1) + "px)";
    });
    const placed = spread(heights, chart.height);
    chart.labels.forEach((label, arm) => {
      label.style.transform = "translateY(" + placed[arm].toFixed(1) + "px)";
    });
  }

  function dayUnder(event, layer, play) {
    const box = layer.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    if (share < 0 || share > 1 || event.clientY > box.bottom || event.clientY < box.top) return -1;
    return Math.min(Math.floor(share * play.content.days), play.content.days - 1);
  }

  page.startCharts = function (play, clock) {
    const charts = [...document.querySelectorAll("[data-layer]")].map((layer) => makeLayer(play, layer));
    const measure = () => {
      for (const chart of charts) {
        chart.height = chart.layer.clientHeight;
        chart.width = chart.layer.clientWidth;
      }
    };
    measure();
    const watcher = new ResizeObserver(() => {
      measure();
      clock.tell(true);
    });
    let before = -1;
    const lines = (now) => {
      if (clock.step === before && !now) return;
      before = clock.step;
      for (const chart of charts) if (chart.series.length) moveLines(chart, before);
    };
    clock.onChange((_, now) => {
      const share = clock.share;
      for (const chart of charts) {
        chart.veil.style.transform = "scaleX(" + (1 - share) + ")";
        chart.track.style.transform = "translateX(" + (share * chart.width).toFixed(1) + "px)";
        chart.track.classList.toggle("is-late", share > 0.6);
      }
      lines(now);
    });
    for (const chart of charts) watcher.observe(chart.layer);
    // Capturing, because Plotly keeps clicks on its own layer to itself.
    for (const chart of charts) {
      const plot = chart.layer.closest(".plot");
      page.listen(plot, "click", (event) => {
        if (event.target instanceof Element && event.target.closest(".modebar")) return;
        const day = dayUnder(event, chart.layer, play);
        if (day >= 0) page.chooseDay(play.iso(day), true);
      }, true);
    }
  };
})();
