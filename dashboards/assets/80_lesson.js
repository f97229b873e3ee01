// The lesson: turn the steps, cover the results while somebody predicts, and set each prediction
// beside what the prepared file says.
(function () {
  "use strict";
  const page = window.tengesim;
  const PREDICTING = new Set(["start", "evidence", "marking", "harm"]);

  function makeNumber(place) {
    const label = page.element("label", "", place.dataset.label);
    const row = page.element("span", "field-row");
    const input = page.element("input");
    input.type = "number";
    input.min = "0";
    input.max = place.dataset.most;
    input.inputMode = "numeric";
    input.dataset.guess = place.dataset.field;
    row.append(input, page.element("span", "field-unit", place.dataset.unit));
    label.append(row);
    place.replaceChildren(label);
  }

  function makeChoice(place) {
    const group = page.element("fieldset");
    group.append(page.element("legend", "", place.dataset.label));
    for (const line of place.dataset.options.split("\n")) {
      const [value, text] = [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)];
      const label = page.element("label", "choice");
      const input = page.element("input");
      input.type = "radio";
      input.name = "lesson-" + place.dataset.field;
      input.value = value;
      input.dataset.guess = place.dataset.field;
      label.append(input, text);
      group.append(label);
    }
    place.replaceChildren(group);
  }

  function guesses() {
    const found = {};
    for (const input of document.querySelectorAll("[data-guess]")) {
      if (input.type === "radio" ? input.checked : input.value !== "") found[input.dataset.guess] = input.value;
    }
    return found;
  }

  // What the run says, in the words of the questions.
  function answers(play) {
    const phantom = play.arms.map((_, arm) => play.last(arm, "meals.phantom.accepted"));
    const refused = play.last(1, "meals.honest.refused");
    const asked = refused + play.last(1, "meals.honest.accepted");
    const change = phantom[2] - phantom[1];
    let marking = "same";
    if (change > 0) marking = "rise";
    else if (change < 0) marking = -change * 2 > phantom[1] ? "fall_much" : "fall_little";
    return {
      evidence: String(Math.round((100 * phantom[1]) / Math.max(phantom[0], 1))),
      marking: page.t("lesson.marking." + marking),
      harm: String(Math.round((1000 * refused) / Math.max(asked, 1))),
      gains: page.t("lesson.reveal.gains_answer", {
        before: play.arms[1].waiting_days || "?",
        after: play.arms[2].waiting_days || "?",
      }),
    };
  }

  function predicted(field, value) {
    if (value === undefined) return page.t("lesson.reveal.no_guess");
    return field === "marking" || field === "gains" ? page.t("lesson." + field + "." + value) : value;
  }

  function reveal(play) {
    const guessed = guesses();
    const right = answers(play);
    const rows = Object.keys(right).map((field) => {
      const row = page.element("div", "reveal-row");
      row.append(page.element("h4", "", page.t("lesson.reveal." + field)));
      const pair = page.element("dl");
      pair.append(
        page.element("dt", "", page.t("lesson.reveal.predicted")),
        page.element("dd", "", predicted(field, guessed[field])),
        page.element("dt", "", page.t("lesson.reveal.simulated")),
        page.element("dd", "right", right[field]),
      );
      row.append(pair);
      return row;
    });
    document.getElementById("lesson-reveal").replaceChildren(...rows);
  }

  class Lesson {
    constructor(play, clock) {
      this.play = play;
      this.clock = clock;
      this.panel = document.getElementById("lesson");
      this.steps = this.panel.dataset.steps.split(" ");
      this.number = 0;
      for (const place of this.panel.querySelectorAll("[data-most]")) makeNumber(place);
      for (const place of this.panel.querySelectorAll("[data-options]")) makeChoice(place);
    }

    toggle() {
      this.panel.hidden = !this.panel.hidden;
      document.body.classList.toggle("has-lesson", !this.panel.hidden);
      this.show(!this.panel.hidden);
      if (this.panel.hidden) document.querySelector(".masthead [data-act=lesson]").focus();
    }

    turn(by) {
      this.number = Math.min(Math.max(this.number + by, 0), this.steps.length - 1);
      this.show(true);
    }

    show(focus) {
      const name = this.steps[this.number];
      for (const step of this.panel.querySelectorAll("[data-step]")) {
        step.hidden = step.dataset.step !== name;
        if (!step.hidden && focus) step.focus();
        if (!step.hidden) this.tell(step);
      }
      const covers = !this.panel.hidden && PREDICTING.has(name);
      document.body.classList.toggle("is-predicting", covers);
      for (const part of document.querySelectorAll(".lesson-hides > *")) part.inert = covers;
      if (covers) this.clock.pause();
      if (name === "reveal") reveal(this.play);
      this.panel.querySelector("[data-act=lesson-back]").disabled = this.number === 0;
      this.panel.querySelector("[data-act=lesson-on]").disabled = this.number === this.steps.length - 1;
    }

    tell(step) {
      document.getElementById("lesson-progress").textContent = page.t("lesson.progress", {
        number: this.number + 1,
        total: this.steps.length,
        minutes: step.dataset.minutes,
      });
    }

    // On a phone the panel covers the page, so it makes room for what is to be seen.
    makeRoom() {
      if (window.innerWidth < 760) this.toggle();
    }

    playMonth() {
      this.makeRoom();
      this.clock.set(0);
      if (!this.clock.isPlaying) this.clock.play();
      document.getElementById("errors").scrollIntoView({ block: "start" });
    }

    // The first day on which an honest meal was refused in the arm with proof.
    find() {
      this.makeRoom();
      const totals = this.play.series(1, "meals.honest.refused");
      const step = Math.max(totals.findIndex((value) => value > 0) - 1, 0);
      const filters = { arm: this.play.arms[1].id, status: "refused", label: "honest", reason: "", place: "" };
      page.onStory = () => {
        document.getElementById("lesson-found").hidden = false;
        page.onStory = null;
      };
      page.chooseDay(this.play.iso(this.play.dayOf(step)), true, filters);
    }
  }

  page.startLesson = function (play, clock) {
    if (!document.getElementById("lesson")) return;
    const lesson = new Lesson(play, clock);
    page.acts["lesson"] = () => lesson.toggle();
    page.acts["lesson-on"] = () => lesson.turn(1);
    page.acts["lesson-back"] = () => lesson.turn(-1);
    page.acts["lesson-play"] = () => lesson.playMonth();
    page.acts["lesson-find"] = () => lesson.find();
  };
})();
