// Figures: made by the server, drawn once by Plotly, one after the other so that the page answers
// in between.
(function () {
  "use strict";
  const page = window.tengesim;

  async function plotly() {
    while (!window.Plotly) await new Promise((resolve) => setTimeout(resolve, 20));
    return window.Plotly;
  }

  page.drawFigures = async function () {
    const language = document.documentElement.lang || "en";
    const answer = await fetch("figures/" + encodeURIComponent(language) + ".json");
    const prepared = await answer.json();
    const drawing = await plotly();
    for (const place of document.querySelectorAll("[data-figure]")) {
      const figure = prepared.figures[place.dataset.figure];
      await drawing.newPlot(place, figure.data, figure.layout, prepared.config);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    document.querySelector(".page").dataset.drawn = "true";
    performance.mark("tengesim-drawn");
  };
})();
