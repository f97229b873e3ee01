// The words of the page, out of the catalogue the server has too; nothing visible is written in
// the scripts.
(function () {
  "use strict";
  const page = window.tengesim;
  let table = {};

  page.loadTexts = async function () {
    const language = document.documentElement.lang || "en";
    const answer = await fetch("texts/" + encodeURIComponent(language) + ".json");
    table = await answer.json();
  };

  // The text under a key with its places filled in; an unknown key is an error, never a blank.
  page.t = function (key, values) {
    const text = table[key];
    if (text === undefined) throw new Error("no text " + key);
    return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  };

  page.hasText = (key) => table[key] !== undefined;
})();
