/* Foreign text on pages that a script fills: it becomes text nodes, never HTML, and what would hide or mislead is named, as the
   report does (harness/text/shown.py). The page's element "strings" has the names of the hidden characters. */
"use strict";

const strings = JSON.parse(document.getElementById("strings").textContent);
const EMOJI_STYLES = "\ufe0e\ufe0f"; // as text, and in colour
const EMOJI = /^[\p{So}\p{Sm}\p{Sk}\u203c\u2049\u2139\u3030]$/u;
const MARKED = 2000; // hidden characters of a text that are framed; the rest are only named

/* Return text for the page. ``state.marks`` counts what was framed of a text that is shown in several pieces. */
function shown(text, state = { marks: 0 }) {
  const made = document.createDocumentFragment();
  let [last, plain] = [0, ""];
  for (const found of text.matchAll(/\r\n|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu)) {
    const [character] = found;
    if (character === "\n" || character === "\t") continue;
    const joins = character === "\u200c" || character === "\u200d";
    if (joins && text.charCodeAt(found.index - 1) > 0x7f) continue; // joiners belong to emoji and to several scripts
    if (EMOJI_STYLES.includes(character) && isEmoji(text, found.index)) continue;
    plain += text.slice(last, found.index);
    last = found.index + character.length;
    if (character === "\r\n") {
      plain += "\n";
    } else if (state.marks++ < MARKED) {
      made.append(plain, framed(character));
      plain = "";
    } else {
      plain += nameOf(character);
    }
  }
  made.append(plain + text.slice(last));
  return made;
}

/* Tell whether the character before a place can be told to look like text or in colour: a symbol, or one in a keycap. */
function isEmoji(text, at) {
  const before = [...text.slice(Math.max(at - 2, 0), at)].at(-1) ?? "";
  if (before <= "\x7f") return /^[0-9#*]$/.test(before) && text.charAt(at + 1) === "\u20e3";
  return EMOJI.test(before);
}

function framed(character) {
  const made = document.createElement("span");
  made.className = "control";
  made.textContent = nameOf(character);
  return made;
}

const codeOf = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
const nameOf = (character) => `⟨${strings.hidden[character] ?? codeOf(character)}⟩`;
