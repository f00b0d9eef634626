// A figure that turns: the button below its picture loads plotly, 4.8 MB, and puts the figure in the picture's place.
(() => {
  const load = address => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${address} could not be loaded`));
    document.head.append(script);
  });

  async function turn(box) {
    const button = box.querySelector(".turn-button"), message = box.querySelector(".turn-message");
    button.disabled = true;
    message.textContent = "Loading …";
    try {
      if (!window.Plotly) await load(box.dataset.plotly);
      await load(box.dataset.figure);
      const { data, layout } = window.courseFigures[box.dataset.key];
      const place = document.createElement("div");
      place.className = "turning";
      place.tabIndex = -1;
      place.setAttribute("role", "group");
      place.setAttribute("aria-label", box.querySelector("img").alt);
      box.prepend(place);
      await window.Plotly.newPlot(place, data, { ...layout, width: undefined, autosize: true }, { responsive: true });
      box.querySelector(".figure-link").remove();
      button.remove();
      message.textContent = "Drag to turn, scroll to come closer.";
      place.focus();
    } catch (error) {
      box.querySelector(".turning")?.remove();
      message.textContent = `The figure does not move here: ${error.message}`;
      button.disabled = false;
    }
  }

  for (const box of document.querySelectorAll(".turnable")) {
    box.querySelector(".turn-button").addEventListener("click", () => turn(box));
  }
})();
