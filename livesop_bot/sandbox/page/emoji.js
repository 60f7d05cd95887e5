/** Emoji short names: those that bots and people use most; others stay as `:name:`. */

import { h } from "/page/dom.js";

const TABLE = `
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|wave 👋|clap 👏|pray 🙏|raised_hands 🙌|ok_hand 👌|muscle 💪|point_right 👉
point_left 👈|point_up ☝️|point_down 👇|raised_hand ✋|eyes 👀|brain 🧠|handshake 🤝|writing_hand ✍️
smile 😄|slightly_smiling_face 🙂|grinning 😀|joy 😂|wink 😉|blush 😊|heart_eyes 😍|sunglasses 😎|thinking_face 🤔|sweat_smile 😅
cry 😢|sob 😭|scream 😱|rage 😡|confused 😕|neutral_face 😐|upside_down_face 🙃|tada 🎉|partying_face 🥳|sleeping 😴|zzz 💤
heart ❤️|blue_heart 💙|green_heart 💚|yellow_heart 💛|purple_heart 💜|broken_heart 💔|fire 🔥|sparkles ✨|star ⭐|star2 🌟|100 💯|zap ⚡
rocket 🚀|robot_face 🤖|ghost 👻|alien 👽|unicorn_face 🦄|bug 🐛|bee 🐝|turtle 🐢|snail 🐌|coffee ☕|pizza 🍕|cake 🍰|beer 🍺
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|heavy_multiplication_x ✖️
warning ⚠️|rotating_light 🚨|no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑|stop_sign 🛑|construction 🚧|sos 🆘|question ❓|grey_question ❔|exclamation ❗
bangbang ‼️|interrobang ⁉️|information_source ℹ️|bulb 💡|mag 🔍|mag_right 🔎|lock 🔒|unlock 🔓|key 🔑|shield 🛡️|bell 🔔|no_bell 🔕
red_circle 🔴|large_orange_circle 🟠|large_yellow_circle 🟡|large_green_circle 🟢|large_blue_circle 🔵|large_purple_circle 🟣|white_circle ⚪|black_circle ⚫
large_red_square 🟥|large_orange_square 🟧|large_yellow_square 🟨|large_green_square 🟩|large_blue_square 🟦|white_large_square ⬜|black_large_square ⬛
white_small_square ▫️|black_small_square ▪️|small_blue_diamond 🔹|small_orange_diamond 🔸|radio_button 🔘|white_square_button 🔳|black_square_button 🔲
arrow_forward ▶️|arrow_backward ◀️|arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️|arrow_heading_down ⤵️|leftwards_arrow_with_hook ↩️
fast_forward ⏩|rewind ⏪|black_right_pointing_double_triangle_with_vertical_bar ⏭️|double_vertical_bar ⏸️|black_square_for_stop ⏹️|black_circle_for_record ⏺️
arrows_counterclockwise 🔄|arrows_clockwise 🔃|repeat 🔁|twisted_rightwards_arrows 🔀|heavy_plus_sign ➕|heavy_minus_sign ➖|infinity ♾️|recycle ♻️
one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|six 6️⃣|seven 7️⃣|eight 8️⃣|nine 9️⃣|keycap_ten 🔟|zero 0️⃣|new 🆕|ok 🆗|up 🆙|cool 🆒|free 🆓
hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️|timer_clock ⏲️|alarm_clock ⏰|watch ⌚|clock1 🕐|clock3 🕒|clock9 🕘|calendar 📆|date 📅|spiral_calendar_pad 🗓️
memo 📝|pencil 📝|pencil2 ✏️|clipboard 📋|page_facing_up 📄|scroll 📜|book 📖|books 📚|bookmark 🔖|bookmark_tabs 📑|file_folder 📁|open_file_folder 📂|card_index_dividers 🗂️
newspaper 📰|link 🔗|paperclip 📎|pushpin 📌|round_pushpin 📍|label 🏷️|package 📦|inbox_tray 📥|outbox_tray 📤|email 📧|envelope ✉️|incoming_envelope 📨
speech_balloon 💬|left_speech_bubble 🗨️|thought_balloon 💭|mega 📣|loudspeaker 📢|telephone_receiver 📞|phone ☎️|iphone 📱|computer 💻|desktop_computer 🖥️|keyboard ⌨️|floppy_disk 💾
gear ⚙️|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|toolbox 🧰|nut_and_bolt 🔩|chains ⛓️|electric_plug 🔌|battery 🔋|satellite_antenna 📡|satellite 🛰️|test_tube 🧪|microscope 🔬
chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|abacus 🧮|moneybag 💰|dollar 💵|credit_card 💳|receipt 🧾|gem 💎|balance_scale ⚖️
dart 🎯|trophy 🏆|medal 🏅|checkered_flag 🏁|triangular_flag_on_post 🚩|white_flag 🏳️|crossed_flags 🎌|game_die 🎲|jigsaw 🧩|art 🎨|crystal_ball 🔮|magic_wand 🪄
bust_in_silhouette 👤|busts_in_silhouette 👥|technologist 🧑‍💻|office_worker 🧑‍💼|firefighter 🧑‍🚒|ambulance 🚑|fire_engine 🚒|police_car 🚓|airplane ✈️|ship 🚢|traffic_light 🚦
sunny ☀️|cloud ☁️|rain_cloud 🌧️|snowflake ❄️|rainbow 🌈|earth_africa 🌍|globe_with_meridians 🌐|compass 🧭|house 🏠|office 🏢|hospital 🏥|bank 🏦|seedling 🌱|herb 🌿
skull 💀|boom 💥|bomb 💣|dizzy 💫|droplet 💧|ocean 🌊|wastebasket 🗑️|door 🚪|gift 🎁|ticket 🎫|admission_tickets 🎟️|put_litter_in_its_place 🚮|see_no_evil 🙈`;

const EMOJI = new Map(TABLE.split(/[|\n]/).filter(Boolean).map((entry) => {
  const space = entry.indexOf(" ");
  return [entry.slice(0, space), entry.slice(space + 1)];
}));

/** The emoji as a labelled character, or null for a name that is not known. */
export function emoji(name) {
  const character = EMOJI.get(name);
  if (!character) return null;
  return h("span.emoji", { role: "img", "aria-label": `${name.replaceAll("_", " ")} emoji`, title: `:${name}:` }, character);
}
