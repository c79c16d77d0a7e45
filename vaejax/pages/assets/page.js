"use strict";
// What the pages share. All that comes from a collection enters the document here, as
// text: no script of a page writes markup.

/** The element of that id. */
function byId(id) {
  return document.getElementById(id);
}

/** A new element; strings among its children become text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Gives an element other children; the keyboard stays on the control of that place. */
function refill(element, ...children) {
  const controls = () => [...element.querySelectorAll("button, input")];
  const at = controls().indexOf(document.activeElement);
  element.replaceChildren(...children);
  if (at >= 0) (controls()[at] ?? controls().at(-1))?.focus({ preventScroll: true });
}

/** Text from the collection, in its own direction whatever surrounds it. */
function words(text, tag = "bdi") {
  return make(tag, { dir: "auto" }, text);
}
