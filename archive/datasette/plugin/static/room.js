// Arrow keys step through an article's edits; letting go of the slider shows where it is. All of it works without.
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
