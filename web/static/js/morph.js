// Make the children of `target` look like `html`, keeping nodes that stay: focus, a finger on a
// button and screen readers are not disturbed, and nothing jumps. Ticking times are left alone.

export function morph(target, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  children(target, fresh.content);
}

function children(target, source) {
  const keyed = new Map();
  for (const node of target.children) if (node.dataset.key) keyed.set(node.dataset.key, node);
  let at = target.firstChild;
  for (const wanted of [...source.childNodes]) {
    const match = find(wanted, at, keyed);
    if (!match) {
      target.insertBefore(wanted, at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else target.insertBefore(match, at);
    update(match, wanted);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function find(wanted, at, keyed) {
  const key = wanted.dataset?.key;
  if (key) return keyed.get(key);
  if (!at || at.nodeType !== wanted.nodeType || at.nodeName !== wanted.nodeName) return null;
  return at.dataset?.key ? null : at;
}

function update(node, wanted) {
  if (node.nodeType === Node.TEXT_NODE) {
    if (node.data !== wanted.data) node.data = wanted.data;
    return;
  }
  if (node.nodeType !== Node.ELEMENT_NODE) return;
  for (const { name } of [...node.attributes]) {
    const isOpened = name === "open" && node.nodeName === "DETAILS"; // by whoever looks at it
    if (!wanted.hasAttribute(name) && !isOpened) node.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  if (node.dataset.since === undefined && node.dataset.until === undefined) children(node, wanted);
}
