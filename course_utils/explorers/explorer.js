// What a screen reader needs of an explorer and the widgets do not say: a name for each control and for the picture,
// which button of a row is down, and the caption, read out when it has come to rest. All explorers of a page share it.
(() => {
  if (window.courseExplorers) return;
  window.courseExplorers = true;
  const REST_MS = 700; // a caption that goes on changing, as while a lattice plays, is not read out
  const HIDDEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";
  const ICONS = { // of a Play widget
    "fa-play": "Play", "fa-pause": "Pause", "fa-stop": "Stop, and go back to the start", "fa-retweet": "Repeat",
    "fa-repeat": "Repeat",
  };
  const resting = new WeakMap(); // explorer -> its timer
  let made = 0;

  const words = element => (element?.textContent ?? "").trim();
  function set(element, name, value) {
    if (element && value && element.getAttribute(name) !== value) element.setAttribute(name, value);
  }

  function nameControls(explorer) {
    for (const control of explorer.querySelectorAll(".explorer-control")) {
      const label = words(control.querySelector(".widget-label"));
      const readout = control.querySelector(".widget-readout");
      for (const handle of control.querySelectorAll(".noUi-handle")) {
        set(handle, "aria-label", label);
        set(handle, "aria-valuetext", words(readout)); // a logarithmic slider would say the exponent
      }
      set(readout, "role", "textbox");
      set(readout, "aria-label", label && `${label}, as a number`);
      if (control.matches(".widget-toggle-buttons")) {
        set(control, "role", "group");
        set(control, "aria-label", label);
        for (const button of control.querySelectorAll("button")) {
          set(button, "aria-pressed", String(button.classList.contains("mod-active")));
        }
      }
    }
    for (const icon of explorer.querySelectorAll("button > i.fa")) {
      const [, name] = Object.entries(ICONS).find(([kind]) => icon.classList.contains(kind)) ?? [];
      if (!words(icon.parentElement)) set(icon.parentElement, "aria-label", name);
    }
  }

  function namePicture(explorer) {
    const caption = explorer.querySelector(".explorer-caption");
    if (caption && !caption.id) caption.id = `explorer-caption-${++made}`;
    for (const picture of explorer.querySelectorAll("img.explorer-picture")) {
      set(picture, "alt", "Picture. The text below it says what it shows.");
      set(picture, "aria-describedby", caption?.id);
    }
    return caption;
  }

  function say(explorer, caption) { // once it has been the same for a while
    let voice = explorer.querySelector(":scope > .explorer-voice");
    if (!voice) {
      voice = document.createElement("div");
      voice.className = "explorer-voice";
      voice.style.cssText = HIDDEN;
      voice.setAttribute("role", "status");
      voice.dataset.said = caption.innerText.trim(); // what stands there at first is found by reading on
      explorer.append(voice);
    }
    clearTimeout(resting.get(explorer));
    resting.set(explorer, setTimeout(() => {
      const text = caption.innerText.trim(); // with its line breaks
      if (voice.dataset.said === text) return;
      voice.dataset.said = text;
      voice.textContent = text;
      nameControls(explorer); // the buttons that are down
    }, REST_MS));
  }

  function look(explorer) {
    nameControls(explorer);
    const caption = namePicture(explorer);
    if (caption) say(explorer, caption);
  }

  new MutationObserver(changes => {
    const touched = new Set();
    for (const { target, addedNodes } of changes) {
      const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
      if (element?.closest(".explorer-voice")) continue;
      const around = element?.closest(".explorer");
      if (around) touched.add(around);
      for (const node of addedNodes) node.querySelectorAll?.(".explorer").forEach(each => touched.add(each));
    }
    touched.forEach(look);
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
  document.addEventListener("click", event => { // a button may change its icon, and nothing else
    const explorer = event.target.closest?.(".explorer");
    if (explorer) setTimeout(look, 100, explorer);
  });
  document.querySelectorAll(".explorer").forEach(look);
})();
