// The first script, in the head: the name all scripts share, what buttons do, and light or dark.
(function () {
  "use strict";
  const page = (window.tengesim = {});

  // Acts by name: markup says `data-act`, scripts say what that is.
  page.acts = {};
  const attached = [];

  // Like addEventListener, but undone by `forget`.
  page.listen = function (target, kind, listener, options) {
    target.addEventListener(kind, listener, options);
    attached.push(() => target.removeEventListener(kind, listener, options));
  };

  page.forget = function () {
    while (attached.length) attached.pop()();
  };

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const button = event.target.closest("[data-act]");
    const act = button && page.acts[button.dataset.act];
    if (act) act(button, event);
  });

  // What the machine prefers, until somebody chooses.
  const root = document.documentElement;
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

  function remembered() {
    try {
      return localStorage.getItem("tengesim.theme");
    } catch {
      return null;
    }
  }

  root.dataset.theme = remembered() || (prefersDark.matches ? "dark" : "light");
  prefersDark.addEventListener("change", (event) => {
    if (!remembered()) root.dataset.theme = event.matches ? "dark" : "light";
  });

  page.acts["theme"] = function () {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("tengesim.theme", root.dataset.theme);
    } catch {
      // Without storage the choice holds until the page is closed.
    }
  };
})();
