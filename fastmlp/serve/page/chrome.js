// The frame of the page: theme, notices, the state of the connection, the link, downloads.

import { byId, make, say } from "./dom.js";

/**
 * Let a button change between light and dark; the choice is kept where the browser allows it.
 * @param {() => void} onChange
 */
export function offerThemes(onChange) {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const kept = keep("theme");
  if (kept) root.dataset.theme = kept;
  prefersDark.addEventListener("change", onChange);
  byId("theme", HTMLButtonElement).addEventListener("click", () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches;
    root.dataset.theme = isDark ? "light" : "dark";
    keep("theme", root.dataset.theme);
    onChange();
  });
}

/**
 * Read or write what this browser keeps for the page; nothing is kept where that is forbidden.
 * @param {string} name
 * @param {string} [value]
 * @returns {string | null}
 */
function keep(name, value) {
  try {
    if (value !== undefined) localStorage.setItem(`fastmlp.${name}`, value);
    return localStorage.getItem(`fastmlp.${name}`);
  } catch {
    return null;
  }
}

/** Sentences above the page that do not move it. */
export class Notice {
  constructor() {
    this.element = byId("notice", HTMLElement);
    this.text = byId("notice-text", HTMLElement);
    this.button = byId("notice-button", HTMLButtonElement);
    /** @type {() => void} */ this.action = () => {};
    this.button.addEventListener("click", () => {
      this.hide();
      this.action();
    });
    this.timer = 0;
  }

  /**
   * @param {string} text
   * @param {{seconds?: number, button?: string, action?: () => void}} [how] after so many seconds it goes by itself
   */
  show(text, { seconds = 0, button = "OK", action = () => {} } = {}) {
    clearTimeout(this.timer);
    this.element.hidden = false;
    say(this.text, text);
    say(this.button, button);
    this.action = action;
    if (seconds > 0) this.timer = window.setTimeout(() => this.hide(), 1000 * seconds);
  }

  hide() {
    this.element.hidden = true;
  }
}

/**
 * Copy the page's address, without the token, which is for this computer only.
 * @param {Notice} notice
 */
export function offerLink(notice) {
  byId("share", HTMLButtonElement).addEventListener("click", async () => {
    const { hash } = location;
    const words = "Add it to the address that another fastmlp serve prints.";
    try {
      await navigator.clipboard.writeText(hash || "#");
      notice.show(hash ? `Copied the settings: ${hash}. ${words}` : "These are the settings that a new page has.", {
        seconds: 8,
      });
    } catch {
      notice.show(`The settings are the end of the address: ${hash || "none changed"}. ${words}`, { seconds: 8 });
    }
  });
}

/**
 * @param {string[]} formats
 * @param {(format: string) => string} address
 */
export function offerDownloads(formats, address) {
  const menu = byId("downloads", HTMLDetailsElement);
  byId("download-list", HTMLElement).replaceChildren(
    ...formats.map((format) => make("a", { href: address(format), download: `model.${format}` }, `model.${format}`)),
  );
  menu.hidden = formats.length === 0;
  document.addEventListener("click", (event) => {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
}
