/** What people chose or typed in one message or view, in the shape of Slack's `state.values`. */

const KEYS = {
  plain_text_input: ["value", "initial_value"],
  number_input: ["value", "initial_value"],
  email_text_input: ["value", "initial_value"],
  url_text_input: ["value", "initial_value"],
  static_select: ["selected_option", "initial_option"],
  radio_buttons: ["selected_option", "initial_option"],
  multi_static_select: ["selected_options", "initial_options"],
  checkboxes: ["selected_options", "initial_options"],
  users_select: ["selected_user", "initial_user"],
  channels_select: ["selected_channel", "initial_channel"],
  conversations_select: ["selected_conversation", "initial_conversation"],
  multi_users_select: ["selected_users", "initial_users"],
  multi_channels_select: ["selected_channels", "initial_channels"],
  multi_conversations_select: ["selected_conversations", "initial_conversations"],
  datepicker: ["selected_date", "initial_date"],
  timepicker: ["selected_time", "initial_time"],
  datetimepicker: ["selected_date_time", "initial_date_time"],
};

const LISTS = /^(multi_|checkboxes)/;

/** Values outlive a re-rendering as long as block_id and action_id stay, as in Slack. */
export class Form {
  #values = new Map();
  #fields = new Map();

  /** Forgets which fields are on screen; the next rendering names them again. */
  begin() {
    this.#fields.clear();
  }

  /** Names a field on screen and gives access to its value. */
  field(blockId, element) {
    const key = `${blockId}\n${element.action_id}`;
    const [, initial] = KEYS[element.type];
    this.#fields.set(key, { blockId, element });
    if (!this.#values.has(key)) this.#values.set(key, element[initial] ?? (LISTS.test(element.type) ? [] : null));
    return {
      get: () => this.#values.get(key),
      set: (value) => void this.#values.set(key, value),
    };
  }

  /** The payload of one element: its type and value under Slack's name for it. */
  payload(blockId, element) {
    const [name] = KEYS[element.type];
    return { type: element.type, [name]: this.#values.get(`${blockId}\n${element.action_id}`) };
  }

  /** Everything on screen, as `state.values`. */
  values() {
    const out = {};
    for (const { blockId, element } of this.#fields.values()) {
      (out[blockId] ??= {})[element.action_id] = this.payload(blockId, element);
    }
    return out;
  }

  /** The input blocks a person must still fill, by block_id, with Slack's own words. */
  missing(blocks) {
    const errors = {};
    for (const block of blocks) {
      if (block.type !== "input" || !KEYS[block.element.type]) continue;
      const value = Object.values(this.payload(block.block_id, block.element))[1];
      const empty = value === null || value === "" || (Array.isArray(value) && value.length === 0);
      if (empty && !block.optional) errors[block.block_id] = "Please complete this required field.";
      else if (!empty && String(value).length < (block.element.min_length ?? 0)) {
        errors[block.block_id] = `Must be at least ${block.element.min_length} characters.`;
      }
    }
    return errors;
  }
}

/** Whether the page can hold a value for this kind of element. */
export function isField(element) {
  return element.type in KEYS;
}
