// The clock: one animation frame at a time, in steps of the prepared file. It asks the server
// nothing, and every step is a sum from the start, so a dropped frame loses no payment.
(function () {
  "use strict";
  const page = window.tengesim;

  class Clock {
    constructor(steps, stepsADay) {
      this.steps = steps;
      this.stepsADay = stepsADay;
      this.exact = steps;
      this.isPlaying = false;
      this.hoursASecond = 24;
      this.listeners = [];
      this.before = 0;
      this.frames = 0;
      this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
      this.frame = this.frame.bind(this);
    }

    get step() {
      return Math.floor(this.exact + 1e-9);
    }

    get share() {
      return this.exact / this.steps;
    }

    // Listeners get the clock at every change; `now` is true when it was set and not played.
    onChange(listener) {
      this.listeners.push(listener);
    }

    tell(now) {
      for (const listener of this.listeners) listener(this, now);
    }

    set(step) {
      this.exact = Math.min(Math.max(step, 0), this.steps);
      this.tell(true);
    }

    // Move to the next midnight in a direction, so that pressing a key shows whole days.
    moveDays(days) {
      const day = this.exact / this.stepsADay;
      const whole = days > 0 ? Math.floor(day + 1e-9) : Math.ceil(day - 1e-9);
      this.set((whole + days) * this.stepsADay);
    }

    moveHours(hours) {
      this.set(this.step + (hours * this.stepsADay) / 24);
    }

    toggle() {
      if (this.isPlaying) this.pause();
      else this.play();
    }

    play() {
      if (this.exact >= this.steps) this.exact = 0;
      this.isPlaying = true;
      this.before = performance.now();
      this.frames = 0;
      this.startedAt = this.before;
      this.tell(true);
      requestAnimationFrame(this.frame);
    }

    pause() {
      if (!this.isPlaying) return;
      this.isPlaying = false;
      this.exact = this.step;
      this.tell(true);
    }

    frame(now) {
      if (!this.isPlaying) return;
      // A hidden page is not animated; what passed meanwhile is not caught up with.
      const passed = Math.min(Math.max(now - this.before, 0), 250);
      const wanted = (this.hoursASecond * this.stepsADay) / 24;
      if (this.still.matches) {
        // Whole days, as many a second as the speed says, instead of motion.
        const pause = Math.max((1000 * 24) / this.hoursASecond, 250);
        if (now - this.before >= pause) {
          this.before = now;
          this.exact = Math.min((Math.floor(this.exact / this.stepsADay) + 1) * this.stepsADay, this.steps);
          this.tell(false);
        }
      } else {
        this.before = now;
        this.exact = Math.min(this.exact + (passed / 1000) * wanted, this.steps);
        this.tell(false);
      }
      this.frames += 1;
      if (this.exact >= this.steps) {
        this.pause();
        return;
      }
      requestAnimationFrame(this.frame);
    }

    // Frames a second since play began; read by the browser tests.
    rate() {
      return (1000 * this.frames) / Math.max(performance.now() - this.startedAt, 1);
    }
  }

  page.Clock = Clock;
})();
