// The prepared file: increments by step, turned into running totals the first time they are asked
// for. Whole numbers throughout; money is whole tenge and stays far below 2^53.
(function () {
  "use strict";
  const page = window.tengesim;

  class Playback {
    constructor(content) {
      this.content = content;
      this.arms = content.arms;
      this.stepsADay = content.bins_a_day;
      this.steps = content.days * content.bins_a_day;
      // Days that count in a world: school days where meals are served, else working days.
      this.dayWord = content.school_days ? "school" : "working";
      const days = content.school_days || content.working_days;
      this.countedDays = new Map(days.map((day, number) => [day, number + 1]));
      this.totals = new Map();
      this.none = new Float64Array(this.steps + 1);
    }

    // Running totals of one series of one arm: entry k holds everything before step k.
    series(arm, path) {
      const key = arm + "/" + path;
      let totals = this.totals.get(key);
      if (totals === undefined) {
        totals = this.compute(this.arms[arm], path);
        this.totals.set(key, totals);
      }
      return totals;
    }

    at(arm, path, step) {
      return this.series(arm, path)[step];
    }

    last(arm, path) {
      return this.series(arm, path)[this.steps];
    }

    // The largest value that a series ever has in any arm; bars are drawn against it.
    most(path) {
      const key = "most/" + path;
      let most = this.totals.get(key);
      if (most === undefined) {
        most = 0;
        for (let arm = 0; arm < this.arms.length; arm += 1) {
          for (const value of this.series(arm, path)) if (value > most) most = value;
        }
        this.totals.set(key, most);
      }
      return most;
    }

    compute(arm, path) {
      if (path === "sum.accepted") {
        return this.sum(arm, ["meals.honest.accepted", "meals.phantom.accepted", "meals.double.accepted"]);
      }
      if (path === "sum.unspent") {
        return this.sum(arm, ["treasury", "treasury_marked", "purses", "returned"].map((one) => "stocks." + one));
      }
      const increments = path.split(".").reduce((node, name) => (node ? node[name] : undefined), arm);
      return increments ? this.accumulate(increments) : this.none;
    }

    sum(arm, paths) {
      const total = new Float64Array(this.steps + 1);
      for (const path of paths) {
        this.compute(arm, path).forEach((value, step) => {
          total[step] += value;
        });
      }
      return total;
    }

    accumulate(increments) {
      const totals = new Float64Array(this.steps + 1);
      increments.at.forEach((step, number) => {
        totals[Math.min(Math.max(step, 0), this.steps - 1) + 1] += increments.by[number];
      });
      for (let step = 1; step <= this.steps; step += 1) totals[step] += totals[step - 1];
      return totals;
    }

    // The day that a moment belongs to; the very end belongs to the last day.
    dayOf(step) {
      return Math.min(Math.floor(step / this.stepsADay), this.content.days - 1);
    }

    date(day) {
      return page.dateOf(this.content.start, day);
    }

    iso(day) {
      return page.isoOf(this.date(day));
    }

    dayNumber(iso) {
      const day = Math.round((Date.parse(iso + "T00:00:00Z") - Date.parse(this.content.start + "T00:00:00Z")) / 86400000);
      return day >= 0 && day < this.content.days ? day : -1;
    }
  }

  page.loadPlayback = async function () {
    const answer = await fetch("playback.json");
    if (!answer.ok) throw new Error("playback.json: " + answer.status);
    return new Playback(await answer.json());
  };
})();
