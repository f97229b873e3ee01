// Tabs, and putting one arm in front of the others.
(function () {
  "use strict";
  const page = window.tengesim;

  function openTab(tab) {
    for (const other of tab.parentElement.querySelectorAll("[role=tab]")) {
      const isOpen = other === tab;
      other.setAttribute("aria-selected", String(isOpen));
      other.tabIndex = isOpen ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = !isOpen;
    }
    const panel = document.getElementById(tab.getAttribute("aria-controls"));
    if (panel.dataset.table) page.openTable(panel.dataset.table);
  }

  page.acts["tab"] = openTab;

  document.addEventListener("keydown", (event) => {
    if (!(event.target instanceof Element) || event.target.getAttribute("role") !== "tab") return;
    const tabs = [...event.target.parentElement.querySelectorAll("[role=tab]")];
    const ways = { ArrowLeft: -1, ArrowRight: 1 };
    if (!(event.key in ways)) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(event.target) + ways[event.key] + tabs.length) % tabs.length];
    openTab(next);
    next.focus();
  });

  // -1 puts all arms side by side again.
  page.focusArm = function (number) {
    page.focused = number;
    const root = document.querySelector(".page");
    if (number < 0) delete root.dataset.focus;
    else root.dataset.focus = String(number);
    for (const button of document.querySelectorAll("[data-act=focus]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.arm) === number));
    }
    page.writeAddress();
  };

  page.acts["focus"] = function (button) {
    const number = Number(button.dataset.arm);
    page.focusArm(page.focused === number ? -1 : number);
  };
})();
