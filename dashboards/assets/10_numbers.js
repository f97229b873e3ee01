// How the browser writes numbers, money and dates; the server's twin is dashboards/numbers.py.
(function () {
  "use strict";
  const page = window.tengesim;
  const DAY_MS = 86400000;

  // Groups of three by hand: what the browser knows of a language differs between machines.
  page.whole = function (number) {
    const digits = String(Math.abs(Math.round(number)));
    const grouped = digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    return (number < 0 ? "\u2212" : "") + grouped;
  };

  page.shown = function (number, kind) {
    return kind === "tenge" ? page.t("unit.tenge", { amount: page.whole(number) }) : page.whole(number);
  };

  // A change always says its direction.
  page.changed = function (number, kind) {
    if (number === 0) return page.t("change.none");
    const sign = number > 0 ? "+" : "";
    return sign + page.shown(number, kind);
  };

  // Dates are counted in UTC from the local start day, so the machine's time zone has no say.
  page.dateOf = function (start, day) {
    return new Date(Date.parse(start + "T00:00:00Z") + day * DAY_MS);
  };

  page.isoOf = (date) => date.toISOString().slice(0, 10);

  page.dateText = function (date, key) {
    return page.t(key || "date.long", {
      weekday: page.t("weekday." + ((date.getUTCDay() + 6) % 7)),
      day: date.getUTCDate(),
      month: page.t("month." + (date.getUTCMonth() + 1)),
      year: date.getUTCFullYear(),
    });
  };

  page.timeText = function (step, stepsADay) {
    const minutes = Math.round(((step % stepsADay) * 1440) / stepsADay);
    const two = (value) => String(value).padStart(2, "0");
    return two(Math.floor(minutes / 60)) + ":" + two(minutes % 60);
  };
})();
