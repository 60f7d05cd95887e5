/** Reports what a person did in a message or view, and shows that an answer is awaited. */

import { call } from "/page/api.js";
import { confirmDialog, toast } from "/page/dialogs.js";

/**
 * An `act` function for one container ({type: "message" | "view", …}). It asks first where the element has a
 * confirm dialog; a denied one resolves to false. Faults are shown on the control and as a toast.
 */
export function actor(store, container, form) {
  return async (control, action, confirm) => {
    if (confirm && !(await confirmDialog(confirm, store))) return false;
    if (control.classList.contains("pending")) return true;
    control.classList.remove("failed");
    control.classList.add("pending");
    control.setAttribute("aria-busy", "true");
    try {
      await call("block_action", { user: store.me.id, container, action, state: { values: form.values() } });
    } catch (fault) {
      control.classList.add("failed");
      toast(fault.message, { bad: true });
    } finally {
      control.classList.remove("pending");
      control.removeAttribute("aria-busy");
    }
    return true;
  };
}
