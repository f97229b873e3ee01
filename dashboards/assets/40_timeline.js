// The timeline in the dock: slider, school days, events; and the keys that move the clock.
(function () {
  "use strict";
  const page = window.tengesim;
  // A longer run is played by the week, and its days are too many to be told apart.
  const LONG_DAYS = 93;
  const WEEK_HOURS = 168;
  const YEAR_DAYS = 366;
  const KEYS = new Set([" ", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"]);

  page.element = function (name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  function makeSlider(play, clock) {
    const slider = page.element("input");
    slider.type = "range";
    slider.min = "0";
    slider.max = String(clock.steps);
    slider.step = "1";
    slider.id = "slider";
    slider.setAttribute("aria-label", page.t("dock.slider"));
    slider.setAttribute("aria-description", page.t("dock.keys"));
    slider.addEventListener("input", () => {
      // Read first: pausing writes the clock's own place back into the slider.
      const wanted = Number(slider.value);
      clock.pause();
      clock.set(wanted);
    });
    document.getElementById("timeline-slider").replaceChildren(slider);
    clock.onChange((_, now) => {
      slider.value = String(clock.step);
      slider.style.setProperty("--share", String(clock.share));
      if (now) slider.setAttribute("aria-valuetext", page.momentText(play, clock));
    });
  }

  page.momentText = function (play, clock) {
    const day = play.dayOf(clock.step);
    const atEnd = clock.step >= clock.steps;
    const time = atEnd ? "24:00" : page.timeText(clock.step, play.stepsADay);
    return page.dateText(play.date(day)) + ", " + time;
  };

  function showSchoolDays(play) {
    const shown = [];
    for (let day = 0; day < play.content.days; day += 1) {
      const tick = page.element("span", play.countedDays.has(play.iso(day)) ? "day school" : "day");
      const holiday = play.content.holidays[play.iso(day)];
      if (holiday) {
        tick.classList.add("holiday");
        tick.title = holiday;
      }
      shown.push(tick);
    }
    const place = document.getElementById("timeline-days");
    place.classList.toggle("is-long", play.content.days > LONG_DAYS);
    place.replaceChildren(...shown);
  }

  // In a run of several years a date without its year says too little.
  function shortDate(play, day) {
    const key = play.content.days > YEAR_DAYS ? "date.plain" : "date.short";
    return page.dateText(play.date(day), key);
  }

  // Events at one moment are one mark, whatever arm they belong to.
  function happenings(play) {
    const joined = new Map();
    for (const marker of play.content.markers) {
      const key = marker.kind + "/" + marker.bin;
      const known = joined.get(key) || { kind: marker.kind, step: marker.bin, arms: [] };
      known.arms.push(play.content.arms.findIndex((arm) => arm.id === marker.arm));
      joined.set(key, known);
    }
    return [...joined.values()];
  }

  function jumpLabel(play, event) {
    const day = play.dayOf(event.step);
    return page.t("event.jump", {
      when: shortDate(play, day),
      what: page.t("event." + event.kind),
      arms: event.arms.map((arm) => page.armName(arm)).join(", "),
    });
  }

  page.armName = function (number) {
    const arm = page.play.arms[number];
    const key = "arm." + arm.id + ".short";
    return page.hasText(key) ? page.t(key) : arm.label;
  };

  function showMarks(play) {
    const marks = happenings(play).map((event) => {
      const mark = page.element("button", "mark mark-" + event.kind);
      mark.type = "button";
      mark.dataset.act = "jump";
      mark.dataset.step = String(event.step + 1);
      mark.setAttribute("aria-label", jumpLabel(play, event));
      mark.title = jumpLabel(play, event);
      mark.style.left = (100 * event.step) / play.steps + "%";
      return mark;
    });
    document.getElementById("timeline-marks").replaceChildren(...marks);
  }

  // The same events as a line of words under the arms; repeated ones stand once.
  function showHappenings(play) {
    const place = document.getElementById("happenings");
    const seen = new Set();
    const list = page.element("ol");
    list.setAttribute("aria-label", page.t("happenings.name"));
    for (const event of happenings(play)) {
      if (seen.has(event.kind)) continue;
      seen.add(event.kind);
      const item = page.element("li");
      const button = page.element("button", "happening");
      button.type = "button";
      button.dataset.act = "jump";
      button.dataset.step = String(event.step + 1);
      const when = page.element("span", "when", shortDate(play, play.dayOf(event.step)));
      const what = page.element("span", "what", page.t("event." + event.kind));
      const who = page.element("span", "who");
      for (const arm of event.arms) {
        const sample = page.element("span", "line-sample arm-" + arm);
        sample.setAttribute("aria-hidden", "true");
        who.append(sample, page.armName(arm), " ");
      }
      button.append(page.element("span", "glyph mark-" + event.kind), when, what, who);
      item.append(button);
      list.append(item);
    }
    place.replaceChildren(list);
  }

  function kindOfDay(play, day) {
    const number = play.countedDays.get(play.iso(day));
    const isSchool = play.dayWord === "school";
    const total = play.countedDays.size;
    if (number) return page.t(isSchool ? "dock.school_day" : "dock.working_day", { number: number, total: total });
    if (play.content.holidays[play.iso(day)]) return page.t("dock.holiday");
    return page.t(isSchool ? "dock.no_school" : "dock.day_off");
  }

  function showMoment(play, clock) {
    const date = document.getElementById("dock-date");
    const time = document.getElementById("dock-time");
    const weekday = document.getElementById("dock-weekday");
    const school = document.getElementById("dock-day");
    let shownDay = -1;
    clock.onChange(() => {
      const day = play.dayOf(clock.step);
      if (day !== shownDay) {
        shownDay = day;
        date.textContent = page.dateText(play.date(day), "date.plain");
        weekday.textContent = page.dateText(play.date(day), "date.weekday");
        school.textContent = kindOfDay(play, day);
      }
      time.textContent = clock.step >= clock.steps ? "24:00" : page.timeText(clock.step, play.stepsADay);
    });
  }

  // Keys work wherever nothing else needs them.
  function isTaken(target) {
    if (target.id === "slider") return false;
    return Boolean(target.closest("input, select, textarea, button, a, summary, dialog, [role=tab], .ag-root, .table-scroll, .table-panel"));
  }

  function onKey(event, clock) {
    if (event.altKey || event.ctrlKey || event.metaKey || !KEYS.has(event.key)) return;
    if (event.target instanceof Element && isTaken(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    const way = event.key === "ArrowLeft" || event.key === "PageUp" ? -1 : 1;
    if (event.key === " ") clock.toggle();
    else {
      clock.pause();
      if (event.key === "Home") clock.set(0);
      else if (event.key === "End") clock.set(clock.steps);
      else if (event.key.startsWith("Page")) clock.moveDays(7 * way);
      else if (event.shiftKey) clock.moveHours(way);
      else clock.moveDays(way);
    }
  }

  page.startTimeline = function (play, clock) {
    makeSlider(play, clock);
    showSchoolDays(play);
    showMarks(play);
    showHappenings(play);
    showMoment(play, clock);
    page.listen(document, "keydown", (event) => onKey(event, clock));
    const speed = document.getElementById("speed");
    if (play.content.days > LONG_DAYS) clock.hoursASecond = WEEK_HOURS;
    speed.value = String(clock.hoursASecond);
    page.listen(speed, "change", () => {
      clock.hoursASecond = Number(speed.value);
    });
    const button = document.querySelector("[data-act=play]");
    const announcer = document.getElementById("announcer");
    clock.onChange((_, now) => {
      if (!now) return;
      document.body.classList.toggle("is-playing", clock.isPlaying);
      button.setAttribute("aria-pressed", String(clock.isPlaying));
      if (clock.isPlaying) announcer.textContent = page.t("dock.playing");
      else if (clock.step >= clock.steps) announcer.textContent = page.t("dock.ended");
    });
    page.acts["play"] = () => clock.toggle();
    page.acts["step-back"] = () => (clock.pause(), clock.moveDays(-1));
    page.acts["step-on"] = () => (clock.pause(), clock.moveDays(1));
    page.acts["reset"] = () => (clock.pause(), clock.set(0));
    page.acts["jump"] = (button_) => (clock.pause(), clock.set(Number(button_.dataset.step)));
  };
})();
