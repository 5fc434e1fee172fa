"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);

  const themes = ["system", "light", "dark"];
  const theme = byId("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme || "system") + 1) % themes.length];
    root.dataset.theme = next;
    theme.textContent = `Theme: ${next}`;
  });

  const write = async (text, element) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(element);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      return "Selected";
    }
    return "Copied";
  };
  for (const code of document.querySelectorAll("code.copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.className = "copier";
    const first = code.textContent.split("\n")[0].slice(0, 60);
    button.setAttribute("aria-label", `Copy: ${first}`);
    const frame = document.createElement("div");
    frame.className = "copying";
    code.replaceWith(frame);
    frame.append(code, button);
    button.addEventListener("click", async () => {
      button.textContent = await write(code.textContent, code);
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }

  const targets = [...document.querySelectorAll("details.target")];
  const open = (element) => {
    for (let at = element; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") { at.open = true; }
    }
  };
  const follow = () => {
    const element = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
    if (element) { open(element); element.scrollIntoView({ block: "center" }); }
  };
  addEventListener("hashchange", follow);
  follow();

  const form = byId("filter");
  if (form) {
    const find = byId("find");
    const shown = byId("shown");
    const boxes = [...form.querySelectorAll("input[name=state]")];
    const texts = targets.map((each) => each.querySelector("summary").textContent.toLowerCase());
    const standings = targets.map((each) => each.querySelector(".badge").textContent);
    const apply = () => {
      const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
      const states = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
      let count = 0;
      targets.forEach((each, at) => {
        const fits = states.has(standings[at]) && words.every((w) => texts[at].includes(w));
        each.hidden = !fits;
        count += fits ? 1 : 0;
      });
      shown.textContent = `${count} of ${targets.length} shown`;
    };
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    const fold = (value) => () => targets.forEach((each) => {
      if (!each.hidden) { each.open = value; }
    });
    byId("unfold").addEventListener("click", fold(true));
    byId("fold").addEventListener("click", fold(false));
    apply();
  }

  // A short report is printed whole; a long one as far as it is unfolded.
  const few = 25;
  let closed = [];
  addEventListener("beforeprint", () => {
    if (targets.length > few) { return; }
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((each) => { each.open = true; });
  });
  addEventListener("afterprint", () => {
    closed.forEach((each) => { each.open = false; });
    closed = [];
  });
})();
