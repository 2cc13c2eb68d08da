/* Copy buttons: each holds the very text that it copies. */
(() => {
  "use strict";

  const byHand = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.cssText = "position:fixed;top:0;opacity:0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return byHand(text);
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.sgdt-copy[data-clipboard]");
    if (!button) return;
    const said = button.parentElement.querySelector("[aria-live]");
    const done = await copy(button.dataset.clipboard);
    button.focus();
    if (!said) return;
    said.textContent = done ? `${button.textContent} copied` : "Could not copy";
    clearTimeout(said.timer);
    said.timer = setTimeout(() => { said.textContent = ""; }, 4000);
  });

  /* A link to something inside a closed fold opens the fold. */
  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let box = target; box; box = box.parentElement) {
      if (box.tagName === "DETAILS") box.open = true;
    }
  };
  window.addEventListener("hashchange", open);
  window.addEventListener("beforeprint", () =>
    document.querySelectorAll("details.sgdt-fold").forEach((box) => { box.open = true; }));
  open();

  /* The theme's arrows beside a chapter have no name. */
  document.querySelectorAll(".bd-sidebar-primary details > summary").forEach((arrow) => {
    const chapter = arrow.closest("li")?.querySelector("a")?.textContent.trim();
    arrow.setAttribute("aria-label", chapter ? `Pages of ${chapter}` : "Pages");
  });

  /* Wide formulas scroll inside their own box; a keyboard must be able to reach it. */
  const reach = () => document.querySelectorAll("div.math").forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "formula, scrolls sideways");
    } else if (box.getAttribute("aria-label") === "formula, scrolls sideways") {
      box.removeAttribute("tabindex");
      box.removeAttribute("role");
      box.removeAttribute("aria-label");
    }
  });
  const whenSet = () => {
    const ready = window.MathJax?.startup?.promise;
    (ready || Promise.resolve()).then(reach);
  };
  window.addEventListener("load", whenSet);
  window.addEventListener("resize", whenSet);
  document.addEventListener("toggle", whenSet, true);
})();
