// Turns a figure made by the server into a file, and the page's address into the clipboard.
export function render({ model, el }) {
  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const savePng = (svg, name) => {
    const picture = new Image();
    const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    picture.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = picture.naturalWidth * 2;
      canvas.height = picture.naturalHeight * 2;
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save(blob, name), "image/png");
      URL.revokeObjectURL(address);
    };
    picture.src = address;
  };

  model.on("msg:custom", (event) => {
    const { svg, name, kind } = event;
    if (kind === "png") savePng(svg, name);
    else save(new Blob([svg], { type: "image/svg+xml" }), name);
  });
  const marker = document.createElement("span");
  marker.hidden = true;
  return marker;
}
