// Arrow keys step through an article's edits; letting go of the slider shows where it is; buttons copy citations,
// which can be selected and copied without them.
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, select, textarea") || event.altKey || event.ctrlKey || event.metaKey) return;
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const link = rel && document.head.querySelector(`link[rel=${rel}]`);
  if (link) location.assign(link.href);
});
for (const slider of document.querySelectorAll(".slider input[type=range]")) {
  slider.addEventListener("input", () => { slider.nextElementSibling.value = slider.value; });
  slider.addEventListener("change", () => slider.form.requestSubmit());
}
for (const button of document.querySelectorAll("button[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); } // no clipboard without https
    button.parentElement.querySelector("[role=status]").textContent = button.dataset.copied;
  });
}
