// The table behind each chart, made of the same numbers, and the same table as a CSV file.
(function () {
  "use strict";
  const page = window.tengesim;

  function heads(play) {
    return play.arms.map((_, arm) => page.armName(arm));
  }

  // Running totals at the end of each day.
  function ofDays(play, path) {
    const rows = [];
    for (let day = 0; day < play.content.days; day += 1) {
      const step = (day + 1) * play.stepsADay;
      rows.push([play.iso(day), ...play.arms.map((_, arm) => play.at(arm, path, step))]);
    }
    return { caption: page.t("table.day_end"), head: [page.t("table.date"), ...heads(play)], rows: rows };
  }

  function ofMeals(play) {
    const kinds = ["eaten_paid", "paid_not_eaten", "present_refused", "returned"];
    const byDate = new Map();
    for (const row of play.content.meals_by_day) {
      const known = byDate.get(row.date) || {};
      known[row.arm] = row;
      byDate.set(row.date, known);
    }
    const head = [page.t("table.date")];
    for (const name of heads(play)) for (const kind of kinds) head.push(name + ": " + page.t("meals." + kind));
    const rows = [...byDate.keys()].sort().map((date) => {
      const cells = [date];
      for (const arm of play.arms) {
        for (const kind of kinds) cells.push((byDate.get(date)[arm.id] || {})[kind] || 0);
      }
      return cells;
    });
    return { caption: page.t("table.meals"), head: head, rows: rows };
  }

  function ofMoney(play) {
    const columns = [];
    play.arms.forEach((arm, number) => {
      for (const stock of Object.keys(arm.stocks)) columns.push([number, stock]);
    });
    const head = [page.t("table.date")];
    for (const [arm, stock] of columns) head.push(page.armName(arm) + ": " + page.t("stock." + stock));
    const rows = [];
    for (let day = 0; day < play.content.days; day += 1) {
      const step = (day + 1) * play.stepsADay;
      rows.push([play.iso(day), ...columns.map(([arm, stock]) => play.at(arm, "stocks." + stock, step))]);
    }
    return { caption: page.t("table.money"), head: head, rows: rows };
  }

  function ofRefusals(play) {
    const reasons = new Set();
    for (const arm of play.arms) for (const reason of Object.keys(arm.refused)) reasons.add(reason);
    const rows = [];
    for (const reason of [...reasons].sort()) {
      for (const kind of ["honest", "undue"]) {
        const path = "refused." + reason + "." + kind;
        rows.push([page.t("reason." + reason), page.t("refusals." + kind), ...play.arms.map((_, arm) => play.last(arm, path))]);
      }
    }
    const head = [page.t("table.reason"), page.t("table.kind"), ...heads(play)];
    return { caption: page.t("table.refusals"), head: head, rows: rows };
  }

  const TABLES = {
    "phantom": (play) => ofDays(play, "meals.phantom.accepted"),
    "blocked": (play) => ofDays(play, "meals.honest.refused"),
    "meals": ofMeals,
    "money": ofMoney,
    "refusals": ofRefusals,
  };

  function draw(table) {
    const made = page.element("table", "plain-table numbers");
    made.append(page.element("caption", "", table.caption));
    const head = page.element("tr");
    for (const name of table.head) {
      const cell = page.element("th", "", name);
      cell.scope = "col";
      head.append(cell);
    }
    const thead = page.element("thead");
    thead.append(head);
    const body = page.element("tbody");
    for (const row of table.rows) {
      const line = page.element("tr");
      row.forEach((value, column) => {
        const isText = typeof value === "string";
        const cell = page.element(column === 0 ? "th" : "td", isText ? "" : "number", isText ? value : page.whole(value));
        if (column === 0) cell.scope = "row";
        line.append(cell);
      });
      body.append(line);
    }
    made.append(thead, body);
    return made;
  }

  // Text that a spreadsheet would run as a formula is marked as text; numbers stay numbers.
  function csvCell(value) {
    if (typeof value === "number") return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? "'" + value : value;
    return '"' + safe.replace(/"/g, '""') + '"';
  }

  page.csvOf = (table) => [table.head, ...table.rows].map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";

  function download(name, text) {
    const link = page.element("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + text], { type: "text/csv;charset=utf-8" }));
    link.download = "tengesim-" + name + ".csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // A table that the server wrote: its cells say the exact number where they show a rounded one.
  function written(name) {
    const table = document.querySelector("#" + name + "-table table");
    const cells = (row) => [...row.children].map((cell) => {
      if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
      return cell.textContent;
    });
    return {
      head: cells(table.tHead.rows[0]),
      rows: [...table.tBodies[0].rows].map(cells),
    };
  }

  page.acts["csv"] = (button) => download(button.dataset.table, page.csvOf(written(button.dataset.table)));

  page.startTables = function (play) {
    page.openTable = function (name) {
      const panel = document.querySelector('.table-panel[data-table="' + name + '"]');
      if (panel && !panel.firstChild && TABLES[name]) panel.append(draw(TABLES[name](play)));
    };
    page.acts["csv"] = (button) => {
      const made = TABLES[button.dataset.table];
      download(button.dataset.table, page.csvOf(made ? made(play) : written(button.dataset.table)));
    };
  };
})();
