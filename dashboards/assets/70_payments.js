// From a day to its payments: the filters ask the server, the grid shows, the drawer tells.
(function () {
  "use strict";
  const page = window.tengesim;

  function wanted() {
    const found = {};
    for (const select of document.querySelectorAll("[data-filter]")) {
      if (select.value) found[select.dataset.filter] = select.value;
    }
    return found;
  }

  // Dash may still be starting when an address asks for a day.
  async function ask() {
    while (!window.dash_clientside || !window.dash_clientside.set_props || !document.getElementById("payments-grid")) {
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    window.dash_clientside.set_props("payments-wanted", { data: wanted() });
  }

  function setFilter(name, value) {
    const select = document.querySelector('[data-filter="' + name + '"]');
    if (select) select.value = value;
  }

  page.chosenDay = "";

  page.chooseDay = function (iso, scroll, filters) {
    for (const [name, value] of Object.entries(filters || {})) setFilter(name, value);
    setFilter("day", iso);
    page.chosenDay = iso;
    ask();
    page.writeAddress();
    if (scroll) {
      const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      document.getElementById("payments-title").scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
    }
  };

  // The day of the clock; at the very end, when all is settled, the last day with meals.
  function dayShown(play, clock) {
    const last = play.dayWord === "school" && play.content.school_days.at(-1);
    if (clock.step >= clock.steps && last) return play.dayNumber(last);
    return play.dayOf(clock.step);
  }

  // The server escapes every text in it; a template runs nothing.
  page.fragment = function (text) {
    const told = document.createElement("template");
    told.innerHTML = text;
    return told.content;
  };

  async function openStory(row) {
    const arm = page.play.arms[row.arm_number];
    const address = "story?" + new URLSearchParams({ arm: arm.id, intent: row.intent });
    const answer = await fetch(address);
    if (!answer.ok) return;
    const dialog = document.getElementById("story-dialog");
    document.getElementById("story").replaceChildren(page.fragment(await answer.text()));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    if (page.onStory) page.onStory();
  }

  // Dash calls this when a row is chosen in the grid.
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.tengesim = {
    openStory: function (rows) {
      if (rows && rows.length) openStory(rows[0]);
      return window.dash_clientside.no_update;
    },
  };

  page.startPayments = function (play, clock) {
    page.listen(document, "change", (event) => {
      if (!(event.target instanceof Element) || !event.target.matches("[data-filter]")) return;
      if (event.target.dataset.filter === "day") page.chosenDay = event.target.value;
      ask();
      page.writeAddress();
    });
    page.acts["day-payments"] = () => {
      clock.pause();
      page.chooseDay(play.iso(dayShown(play, clock)), true);
    };
    const dialog = document.getElementById("story-dialog");
    page.acts["close-story"] = () => dialog.close();
    page.listen(dialog, "click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    // Opening the same row again must be a change, so the choice goes with the drawer.
    page.listen(dialog, "close", () => window.dash_clientside.set_props("payment-rows", { selectedRows: [] }));
  };
})();
