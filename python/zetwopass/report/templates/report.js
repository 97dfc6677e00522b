// The slider: a picture's clip follows the input, and the input follows a pointer on the picture.
(() => {
  const compare = document.getElementById("compare");
  const split = document.getElementById("split");
  const show = () => compare.style.setProperty("--split", split.value + "%");
  const follow = (event) => {
    const box = compare.getBoundingClientRect();
    split.value = (100 * (event.clientX - box.left)) / box.width;
    show();
  };
  compare.addEventListener("pointerdown", (event) => {
    compare.setPointerCapture(event.pointerId);
    follow(event);
  });
  compare.addEventListener("pointermove", (event) => {
    if (event.buttons) follow(event);
  });
  split.addEventListener("input", show);
  compare.classList.add("live");
  document.getElementById("slider").hidden = false;
  show();
})();
