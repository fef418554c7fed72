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
// What is copied has no soft hyphens, which long words have where a narrow column may break them.
document.addEventListener("copy", (event) => {
  const selection = document.getSelection();
  if (event.target.matches?.("input, textarea") || !selection.toString().includes("\u00ad")) return;
  const copied = document.createElement("div");
  for (let at = 0; at < selection.rangeCount; at += 1) copied.append(selection.getRangeAt(at).cloneContents());
  event.clipboardData.setData("text/plain", selection.toString().replaceAll("\u00ad", ""));
  event.clipboardData.setData("text/html", copied.innerHTML.replaceAll("\u00ad", ""));
  event.preventDefault();
});
