// A page that stands still: its tabs and tables, and one payment told in both arms.
(function () {
  "use strict";
  const page = window.tengesim;

  async function openStories(button) {
    const wanted = new URLSearchParams(window.location.search);
    const root = document.querySelector(".page");
    const address = "/compare/stories?" + new URLSearchParams({
      campaign: root.dataset.campaign,
      variant: wanted.get("variant") || "0",
      intent: button.dataset.intent,
    });
    const answer = await fetch(address);
    if (!answer.ok) return;
    const dialog = document.getElementById("stories-dialog");
    document.getElementById("stories").replaceChildren(page.fragment(await answer.text()));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }

  page.startStill = function () {
    const dialog = document.getElementById("stories-dialog");
    if (!dialog) return;
    page.acts["both-stories"] = openStories;
    page.acts["close-stories"] = () => dialog.close();
    page.listen(dialog, "click", (event) => {
      if (event.target === dialog) dialog.close();
    });
  };
})();
