/** Slack's select menus: a control that opens a list with a filter; one choice or several. */

import { fill, h, icon } from "/page/dom.js";
import { closePopover, isOpen, openPopover } from "/page/popover.js";

let serial = 0;

/**
 * A select. `groups`: [{label?, options: [{key, label: nodes(), text, description?}]}]; `selected`: keys.
 * One choice calls `choose([key])` and closes; several call it at each change, up to `max`.
 */
export function picker({ key, label, placeholder, groups, selected, multiple = false, max = Infinity, choose }) {
  let chosen = [...selected];
  const all = groups.flatMap((group) => group.options);
  const control = h("button.select", {
    type: "button", role: "combobox", "aria-haspopup": "listbox", "aria-expanded": "false", "data-key": key,
    "aria-label": label,
    onclick: () => (isOpen(control) ? closePopover() : open()),
    onkeydown: (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      open();
    },
  });

  const show = () => {
    const picked = chosen.map((k) => all.find((o) => o.key === k)).filter(Boolean);
    const text = picked.length === 0
      ? h("span.placeholder", {}, placeholder)
      : multiple
        ? picked.map((o) => h("span.token", {}, o.label()))
        : h("span.chosen", {}, picked[0].label());
    fill(control, h("span.select-value", {}, text), icon("down"));
    control.setAttribute("aria-label", picked.length ? `${label}: ${picked.map((o) => o.text).join(", ")}` : label);
  };

  const pick = (option) => {
    if (multiple) {
      if (chosen.includes(option.key)) chosen = chosen.filter((k) => k !== option.key);
      else if (chosen.length < max) chosen = [...chosen, option.key];
      else return;
    } else {
      chosen = [option.key];
      closePopover({ refocus: true });
    }
    show();
    choose(chosen);
  };

  const open = () => {
    const id = `options-${++serial}`;
    let active = Math.max(0, all.findIndex((o) => chosen.includes(o.key)));
    let shown = all;
    const list = h("div.options", { role: "listbox", id, "aria-label": label, "aria-multiselectable": multiple || null });
    const filter = h("input.filter", {
      type: "text", role: "combobox", "aria-label": `Filter: ${label}`, "aria-expanded": "true", "aria-controls": id,
      autocomplete: "off", placeholder: "Filter", oninput: () => { active = 0; draw(); },
    });
    const draw = () => {
      const words = filter.value.trim().toLowerCase();
      shown = all.filter((o) => o.text.toLowerCase().includes(words));
      fill(list, groups.map((group) => {
        const rows = group.options.filter((o) => shown.includes(o));
        return rows.length > 0 && [group.label && h("div.options-label", {}, group.label), rows.map(row)];
      }), shown.length === 0 && h("div.options-none", {}, "No results"));
      filter.setAttribute("aria-activedescendant", shown.length ? `${id}-${active}` : "");
      list.querySelector(".active")?.scrollIntoView({ block: "nearest" });
    };
    const row = (option) => {
      const at = shown.indexOf(option);
      const isChosen = chosen.includes(option.key);
      return h("div.option", {
        role: "option", id: `${id}-${at}`, class: at === active ? "active" : "", "aria-selected": String(isChosen),
        onpointermove: () => { if (active !== at) { active = at; draw(); } },
        onclick: () => { pick(option); if (multiple) { draw(); filter.focus(); } },
      }, h("span", {}, option.label(), option.description && h("small", {}, option.description)), isChosen && icon("check"));
    };
    const box = h("div.picker", {
      onkeydown: (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step && shown.length) {
          event.preventDefault();
          active = (active + step + shown.length) % shown.length;
          draw();
        } else if (event.key === "Enter") {
          event.preventDefault();
          if (shown[active]) { pick(shown[active]); if (multiple) draw(); }
        }
      },
    }, filter, list);
    draw();
    openPopover(control, box);
    filter.focus();
  };

  show();
  return control;
}
