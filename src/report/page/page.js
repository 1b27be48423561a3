
(() => {
  "use strict";
  // How long one piece of work may take before the browser gets its turn.
  const SLICE_MS = 8;
  const OVERSCAN = 8;
  // How many rows of a table go onto paper: what a browser lays out at once.
  const PRINTED = 2000;
  const OPTIONS_MAX = 300;
  const ODD = /[^\x00-\x7f]/;
  const MARKS = /\p{M}+/gu;

  document.documentElement.classList.add("scripted");

  /** An element; what is not an element in `children` becomes text. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const grouped = (text) => String(text).replace(/^-?\d+(?=$|\.\d+$)/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
  const pause = () => new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { channel.port1.close(); resolve(); };
    channel.port2.postMessage(0);
  });

  /** Letters as they are compared: small, without accents. */
  const folded = (text) => {
    const small = text.toLowerCase();
    return ODD.test(small) ? small.normalize("NFD").replace(MARKS, "") : small;
  };

  // A cell is a text, a text with a tone, or two values: before and after.
  const said = (cell) => typeof cell === "string" ? cell : Array.isArray(cell) ? cell[0] : `${cell.b}\n${cell.a}`;

  function differing(before, after) {
    let start = 0;
    const short = Math.min(before.length, after.length);
    while (start < short && before[start] === after[start]) start += 1;
    // No letter is cut in two.
    if (start > 0 && /[\ud800-\udbff]/.test(before[start - 1])) start -= 1;
    let end = 0;
    while (end < short - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
    if (end > 0 && /[\udc00-\udfff]/.test(before[before.length - end])) end -= 1;
    return [start, end];
  }

  // How much of a long value is shown: in a row, on paper, and where it was asked for.
  const ROW = { around: 12, text: 300 };
  const PAPER = { around: 60, text: 300 };
  const WHOLE = { around: Infinity, text: Infinity };

  /** One of two values; of what is the same on both sides only the part beside the difference. */
  function side(tag, text, [start, end], room) {
    if (text === "") return make(tag, {}, make("i", {}, "empty"));
    const last = text.length - end;
    let head = text.slice(0, start), tail = text.slice(last);
    if (head.length > 2 * room.around) head = `…${head.slice(-room.around)}`;
    if (tail.length > 2 * room.around && room !== ROW) tail = `${tail.slice(0, room.around)}…`;
    return make(tag, {}, make("bdi", {}, head, make("mark", {}, shortened(text.slice(start, last), room)), tail));
  }

  const shortened = (text, room) => text.length > room.text ? `${text.slice(0, room.text)}…` : text;

  /** What stands between backticks becomes code. */
  function prose(text) {
    const parts = text.split("`");
    const last = parts.length - 1;
    return parts.map((part, position) => position % 2 === 0 ? part : position === last ? `\`${part}` : make("code", {}, part));
  }

  function content(cell, kind, room) {
    if (typeof cell === "object" && !Array.isArray(cell)) {
      // On paper what is the same twice stands once.
      if (room === PAPER && cell.b === cell.a && cell.a !== "") return [make("ins", { class: "same" }, make("bdi", {}, shortened(cell.a, room)))];
      const where = differing(cell.b, cell.a);
      return [side("del", cell.b, where, room), side("ins", cell.a, where, room)];
    }
    const text = said(cell);
    if (text === "") return [];
    if (kind === "state") return [make("span", { class: "chip" }, text)];
    if (kind === "number") return [grouped(text)];
    if (kind === "prose") return [make("span", {}, ...prose(shortened(text, room)))];
    if (kind === "code") return [make("bdi", {}, ...broken(shortened(text, room)))];
    // Lines of a value cost sheets.
    return [make("bdi", {}, shortened(room === PAPER ? text.trim().replace(/\s*\n\s*/g, " · ") : text, room))];
  }

  /** Names of machines are broken where their words end. */
  function broken(text) {
    const parts = text.match(/[^_./]+[_./]*|[_./]+/g) ?? [text];
    return parts.flatMap((part, position) => position === 0 ? [part] : [make("wbr"), part]);
  }

  const toned = (cell, kind) => Array.isArray(cell) ? `${kind} ${cell[1]}` : kind;

  // How many letters of a column are shown at most, and what it keeps where there is not the room for
  // that; chips and numbers keep what they have.
  const MOST = { text: 44, prose: 60, change: 44, code: 30, state: 30, number: 30 };
  // A letter and what stands around a column in pixels, on the screen in both its ways and on paper.
  const ROOMY = { letter: 8, edge: 28, least: { text: 11, prose: 19, change: 21, code: 13 } };
  const NARROW = { letter: 7.2, edge: 21, least: { text: 10, prose: 15, change: 15, code: 13 } };
  const SHEET = { room: 960, letter: 5.5, edge: 10, least: { text: 9, prose: 18, change: 18, code: 13 } };

  /** On which sides of a table there is more of it. */
  function shade(scroller) {
    const { scrollLeft, scrollWidth, clientWidth } = scroller;
    scroller.classList.toggle("before", scrollLeft > 1);
    scroller.classList.toggle("after", scrollLeft + clientWidth < scrollWidth - 1);
  }

  class Live {
    constructor(box) {
      this.box = box;
      this.id = box.id;
      this.settings = JSON.parse(box.querySelector(".settings").textContent);
      this.columns = this.settings.columns;
      this.scroller = box.querySelector(".rows");
      this.table = box.querySelector("table");
      this.head = box.querySelector("thead");
      this.body = box.querySelector("tbody");
      this.blocks = [...document.querySelectorAll(`script[data-rows="${this.id}"]`)];
      this.rows = [];
      this.texts = [];
      this.view = null;
      this.open = new Map();
      this.active = 0;
      this.task = 0;
      this.sorted = { column: -1, down: false };
      this.chosen = new Map();
      this.tall = this.columns.some((column) => column.kind === "change" || column.kind === "prose");
      this.table.classList.toggle("tall", this.tall);
      this.table.setAttribute("role", "grid");
      this.table.setAttribute("aria-colcount", this.columns.length);
      this.furnish();
    }

    get length() { return this.view ? this.view.length : this.rows.length; }
    at(position) { return this.view ? this.view[position] : position; }

    /* Tools above the table, heads that sort, widths that do not jump. */
    furnish() {
      this.input = make("input", { type: "search", placeholder: "Search  ( / )", "aria-label": `Search: ${this.table.caption.textContent}`, autocomplete: "off", spellcheck: "false" });
      this.found = make("span", { class: "found", role: "status" });
      this.clear = make("button", { type: "button", hidden: "" }, "Clear");
      this.selects = this.settings.filters.map((position) => {
        const select = make("select", { "aria-label": this.columns[position].name });
        select.append(make("option", { value: "" }, `${this.columns[position].name}: all`));
        select.addEventListener("change", () => { this.choose(position, select.value); this.update(true); });
        return { position, select };
      });
      this.tools = make("div", { class: "tools" }, this.input, ...this.selects.map((one) => one.select), this.clear, this.found);
      this.scroller.before(this.tools);
      this.scroller.after(make("p", { class: "keys" }, make("kbd", {}, "↑"), " ", make("kbd", {}, "↓"), " move, ", make("kbd", {}, "Enter"), " shows a row whole, ", make("kbd", {}, "/"), " searches", make("span", { class: "sideways" }, ", ", make("kbd", {}, "←"), " ", make("kbd", {}, "→"), " move sideways: the table is wider than the page")));
      this.input.addEventListener("input", () => this.update(true));
      this.input.addEventListener("keydown", (event) => {
        if (event.key === "ArrowDown" || event.key === "Enter") { event.preventDefault(); this.table.focus(); this.render(); }
        if (event.key === "Escape" && this.input.value !== "") { event.preventDefault(); this.input.value = ""; this.update(true); }
      });
      this.clear.addEventListener("click", () => {
        this.empty();
        this.update(true);
        this.input.focus();
      });
      this.heads = [...this.head.rows[0].cells].map((cell, column) => {
        const button = make("button", { type: "button", title: "Sort" }, cell.textContent);
        button.addEventListener("click", () => this.sort(column));
        cell.replaceChildren(button);
        return { cell, button };
      });
      this.cols = this.columns.map(() => make("col"));
      this.table.caption.after(make("colgroup", {}, ...this.cols));
      this.measureColumns();
      this.table.tabIndex = 0;
      this.scroller.tabIndex = -1;
      this.table.addEventListener("keydown", (event) => this.key(event));
      this.body.addEventListener("click", (event) => this.click(event));
      let waiting = false;
      this.scroller.addEventListener("scroll", () => {
        if (waiting) return;
        waiting = true;
        requestAnimationFrame(() => { waiting = false; this.render(); });
      }, { passive: true });
      addEventListener("resize", () => { if (!this.printing) { this.measureColumns(); this.render(); } });
    }

    /* As wide as the values are; where there is not the room, the longest give way, first to what
       reads well, then, in smaller letters and on three lines, to what can be read at all. */
    measureColumns() {
      const room = this.scroller.clientWidth;
      const fits = this.share(room, ROOMY);
      const widths = fits ?? this.share(room, NARROW) ?? this.least(NARROW);
      this.table.classList.toggle("tight", !fits);
      widths.forEach((width, position) => { this.cols[position].style.width = `${width}px`; });
      this.table.style.minWidth = `${widths.reduce((total, width) => total + width, 0)}px`;
      this.table.style.setProperty("--room", `${room}px`);
      this.measured = undefined;
      shade(this.scroller);
    }

    /* How wide each column would like to be in letters, and how narrow it may become. */
    wishes(least) {
      return this.columns.map(({ name, kind, width }) => {
        const word = Math.max(...name.split(" ").map((part) => part.length)) + 2;
        const wish = Math.min(Math.max(width, name.length + 2), MOST[kind]);
        // Short words stay whole.
        const whole = Math.max(width > 12 ? 0 : width, Math.min(word, 12));
        return { wish, least: Math.min(wish, kind in least ? Math.max(least[kind], whole) : Math.max(width, word)) };
      });
    }

    least({ letter, edge, least }) {
      return this.wishes(least).map((one, position) => Math.ceil(one.least * letter) + this.edge(position, edge));
    }

    /* What stands around the letters of a column. */
    edge(position, edge) { return edge + (this.columns[position].kind === "state" ? 12 : 0) + (position === 0 ? 8 : 0); }

    /* The room shared among the columns; null when it is too small for that. */
    share(room, measure) {
      const narrow = this.least(measure);
      const wide = this.wishes(measure.least).map((one, position) => Math.ceil(one.wish * measure.letter) + this.edge(position, measure.edge));
      const sum = (widths) => widths.reduce((total, width) => total + width, 0);
      if (sum(narrow) > room) return null;
      const give = Math.max(0, Math.min(1, (sum(wide) - room) / (sum(wide) - sum(narrow) || 1)));
      return wide.map((width, position) => Math.floor(width - (width - narrow[position]) * give));
    }

    /* Takes the next block of rows; false when there is none. */
    read() {
      const block = this.blocks.shift();
      if (!block) return false;
      for (const row of JSON.parse(block.textContent)) this.rows.push(row);
      block.remove();
      return true;
    }

    /* Blocks are read one by one; what is there can be used meanwhile. */
    async load() {
      let turn = performance.now();
      while (this.read()) {
        if (this.rows.length === this.settings.rows || performance.now() - turn > SLICE_MS) {
          this.tell();
          if (this.body.rows.length < 2 || this.rows.length < 4000) this.render();
          await pause();
          turn = performance.now();
        }
      }
      this.loaded = true;
      this.fill();
      this.restore();
      // An order of the rows that were there is none of all of them.
      if (this.sorted.column >= 0) this.arrange(); else this.update(false);
    }

    /* What the first search would have to make is made while nobody waits. */
    async warm() {
      for (let number = 0, turn = performance.now(); number < this.rows.length; number += 1) {
        this.text(number);
        if (number % 256 === 255 && performance.now() - turn > SLICE_MS) { await pause(); turn = performance.now(); }
      }
    }

    /* The words of the drop-downs, the most frequent first. */
    fill() {
      for (const { position, select } of this.selects) {
        const counts = new Map();
        for (const row of this.rows) {
          const text = said(row[position]);
          counts.set(text, (counts.get(text) ?? 0) + 1);
        }
        const words = [...counts].sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1));
        select.hidden = words.length < 2 && !this.chosen.has(position);
        for (const [word, count] of words.slice(0, OPTIONS_MAX)) {
          // A value that is the same as none needs a name of its own.
          const label = word === "" ? "none" : shortened(word, { text: 60 });
          select.append(make("option", { value: `=${word}` }, `${label} (${grouped(count)})`));
        }
        const more = words.length - OPTIONS_MAX;
        if (more > 0) select.append(make("option", { disabled: "" }, `… ${grouped(more)} more: search for them`));
      }
    }

    empty() {
      this.input.value = "";
      for (const { position, select } of this.selects) { select.value = ""; this.choose(position, ""); }
    }

    choose(position, value) {
      if (value === "") this.chosen.delete(position);
      else this.chosen.set(position, value.slice(1));
    }

    parameter(name, parameters) { return parameters.get(`${this.id}.${name}`) ?? (lives[0] === this ? parameters.get(name) : null); }

    /* What the address asks for. */
    restore() {
      const parameters = new URLSearchParams(location.hash.slice(1));
      const query = this.parameter("q", parameters);
      if (query !== null) this.input.value = query;
      for (const { position, select } of this.selects) {
        const word = this.parameter(this.columns[position].name.toLowerCase(), parameters);
        if (word === null) continue;
        if (![...select.options].some((option) => option.value === `=${word}`)) select.append(make("option", { value: `=${word}` }, word));
        select.value = `=${word}`;
        this.choose(position, select.value);
      }
    }

    text(number) { return this.texts[number] ??= folded(this.rows[number].map((cell, column) => this.sought(cell, column)).join("\n")); }

    /* Numbers are found in both their forms. */
    sought(cell, column) {
      const text = said(cell);
      return this.columns[column].kind === "number" && text.length > 3 ? `${text} ${grouped(text)}` : text;
    }

    isWanted(number, terms) {
      const row = this.rows[number];
      for (const [position, word] of this.chosen) if (said(row[position]) !== word) return false;
      if (terms.length === 0) return true;
      const text = this.text(number);
      return terms.every((term) => text.includes(term));
    }

    /* Looks for rows in slices; a later wish ends an earlier one. */
    async update(isTyped) {
      const task = ++this.task;
      const terms = folded(this.input.value).split(/\s+/).filter((term) => term !== "");
      for (const { position, select } of this.selects) select.classList.toggle("set", this.chosen.has(position));
      const isNarrow = terms.length > 0 || this.chosen.size > 0;
      this.clear.hidden = !isNarrow;
      if (isTyped) this.remember();
      const order = this.order;
      let view = order ?? null;
      if (isNarrow) {
        view = [];
        let turn = performance.now();
        for (let position = 0; position < this.rows.length; position += 1) {
          const number = order ? order[position] : position;
          if (this.isWanted(number, terms)) view.push(number);
          if (position % 256 === 255 && performance.now() - turn > SLICE_MS) {
            await pause();
            if (task !== this.task) return;
            turn = performance.now();
          }
        }
      }
      this.view = view;
      this.open.clear();
      this.active = 0;
      this.scroller.scrollTop = 0;
      this.tell();
      this.render();
    }

    remember() {
      clearTimeout(this.later);
      this.later = setTimeout(() => {
        const parameters = new URLSearchParams();
        for (const live of lives) {
          const prefix = live === lives[0] ? "" : `${live.id}.`;
          if (live.input.value !== "") parameters.set(`${prefix}q`, live.input.value);
          for (const [position, word] of live.chosen) parameters.set(prefix + live.columns[position].name.toLowerCase(), word);
        }
        const hash = parameters.toString();
        try { history.replaceState(null, "", hash === "" ? location.pathname + location.search : `#${hash}`); } catch { /* Not every viewer allows it. */ }
      }, 250);
    }

    tell() {
      const all = grouped(this.settings.rows);
      const some = this.length === this.settings.rows ? [make("b", {}, all), " rows"] : [make("b", {}, grouped(this.length)), ` of ${all} rows`];
      this.found.replaceChildren(...(this.loaded || this.rows.length === this.settings.rows ? some : [`reading … ${grouped(this.rows.length)} of ${all}`]));
      this.table.setAttribute("aria-rowcount", this.length + 1);
    }

    sort(column) {
      const { sorted } = this;
      const down = sorted.column === column && !sorted.down;
      const off = sorted.column === column && sorted.down;
      this.sorted = off ? { column: -1, down: false } : { column, down };
      this.heads.forEach(({ cell }, position) => {
        if (position === this.sorted.column) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
        else cell.removeAttribute("aria-sort");
      });
      this.arrange();
    }

    /* Puts the rows into the order that was asked for; a later wish ends an earlier one. */
    async arrange() {
      const wish = this.sorted;
      const { column, down } = wish;
      let order = null;
      if (column >= 0) {
        const keys = [];
        let turn = performance.now();
        for (let number = 0; number < this.rows.length; number += 1) {
          keys.push(this.rank(said(this.rows[number][column]), column));
          if (number % 512 === 511 && performance.now() - turn > SLICE_MS) {
            await pause();
            if (wish !== this.sorted) return;
            turn = performance.now();
          }
        }
        const way = down ? -1 : 1;
        order = Uint32Array.from(keys, (_, number) => number);
        order.sort((one, other) => keys[one] < keys[other] ? -way : keys[one] > keys[other] ? way : one - other);
      }
      this.order = order;
      this.update(false);
    }

    /* Numbers by their size, what is none before them; digits within a text count as numbers: people:9 comes before people:10. */
    rank(text, column) {
      if (this.columns[column].kind !== "number") return folded(text).replace(/\d+/g, (digits) => digits.padStart(15, "0"));
      const number = parseFloat(text.replace("≈", ""));
      return Number.isNaN(number) ? -Infinity : number;
    }

    /* Where rows stand: all are alike in height, but for those that are open. */
    get height() { return this.measured ??= this.measure(); }
    measure() {
      const row = this.body.querySelector("tr[aria-rowindex]");
      return row ? row.getBoundingClientRect().height || 37 : this.tall ? 57 : 37;
    }
    top(position) {
      let top = position * this.height;
      for (const [opened, height] of this.open) if (opened < position) top += height;
      return top;
    }
    positionAt(y) {
      if (this.open.size === 0) return Math.floor(y / this.height);
      let low = 0, high = this.length;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (this.top(middle) <= y) low = middle; else high = middle - 1;
      }
      return low;
    }

    row(position) {
      const cells = this.rows[this.at(position)];
      const row = make("tr", { id: `${this.id}-${position}`, role: "row", "aria-rowindex": position + 2, "aria-expanded": this.open.has(position) });
      row.className = `${position === this.active ? "active" : ""}${this.open.has(position) ? " open" : ""}`.trim();
      cells.forEach((cell, column) => {
        const { kind } = this.columns[column];
        row.append(make("td", { class: toned(cell, kind), role: "gridcell" }, ...content(cell, kind, ROW)));
      });
      return row;
    }

    detail(position) {
      const list = make("dl");
      this.rows[this.at(position)].forEach((cell, column) => {
        const { name, kind } = this.columns[column];
        if (said(cell) === "" ) return;
        list.append(make("dt", {}, name), make("dd", { class: toned(cell, kind) }, ...content(cell, kind, WHOLE)));
      });
      return make("tr", { class: "detail", "data-of": position }, make("td", { colspan: this.columns.length }, list));
    }

    space(height) {
      const cell = make("td", { colspan: this.columns.length });
      cell.style.height = `${height}px`;
      return make("tr", { class: "space", "aria-hidden": "true" }, cell);
    }

    render() {
      if (this.printing) return;
      const { length } = this;
      if (length === 0) {
        this.body.replaceChildren(make("tr", { class: "none" }, make("td", { colspan: this.columns.length }, this.loaded ? "No row matches." : "Reading …")));
        this.table.removeAttribute("aria-activedescendant");
        return;
      }
      const y = this.scroller.scrollTop;
      const first = Math.max(0, this.positionAt(y) - OVERSCAN);
      const last = Math.min(length, this.positionAt(y + this.scroller.clientHeight) + 1 + OVERSCAN);
      const rows = [this.space(this.top(first))];
      for (let position = first; position < last; position += 1) {
        rows.push(this.row(position));
        if (this.open.has(position)) rows.push(this.detail(position));
      }
      rows.push(this.space(this.top(length) - this.top(last)));
      this.body.replaceChildren(...rows);
      if (this.active >= first && this.active < last) this.table.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
      else this.table.removeAttribute("aria-activedescendant");
      this.weigh();
    }

    /* Heights are known only when rows stand; when one was guessed wrongly, once more. */
    weigh() {
      let isWrong = false;
      const height = this.measure();
      if (Math.abs(height - this.height) > 0.5) { this.measured = height; isWrong = true; }
      for (const row of this.body.querySelectorAll("tr.detail")) {
        const position = Number(row.dataset.of), own = row.getBoundingClientRect().height;
        if (Math.abs(own - this.open.get(position)) > 0.5) { this.open.set(position, own); isWrong = true; }
      }
      if (isWrong && !this.again) { this.again = true; this.render(); this.again = false; }
    }

    toggle(position) {
      if (this.open.has(position)) this.open.delete(position);
      else this.open.set(position, 160);
      this.active = position;
      this.render();
    }

    click(event) {
      const row = event.target.closest("tr[aria-rowindex]");
      // Who marks text does not want it to move.
      if (!row || String(getSelection()) !== "") return;
      this.toggle(Number(row.getAttribute("aria-rowindex")) - 2);
      this.table.focus({ preventScroll: true });
    }

    key(event) {
      if (event.target !== this.table || event.altKey || event.ctrlKey || event.metaKey || this.length === 0) return;
      const page = Math.max(1, Math.floor((this.scroller.clientHeight - this.head.offsetHeight) / this.height) - 1);
      const to = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + page, PageUp: this.active - page, Home: 0, End: this.length - 1 }[event.key];
      if (to !== undefined) { event.preventDefault(); this.go(to); }
      else if (event.key === "Enter" || event.key === " ") { event.preventDefault(); this.toggle(this.active); this.go(this.active); }
      else if (event.key === "ArrowLeft" || event.key === "ArrowRight") { event.preventDefault(); this.scroller.scrollLeft += event.key === "ArrowLeft" ? -80 : 80; }
      else if (event.key === "Escape") { event.preventDefault(); if (this.open.delete(this.active)) this.render(); else this.input.focus(); }
    }

    go(position) {
      this.active = Math.max(0, Math.min(this.length - 1, position));
      const top = this.top(this.active), bottom = this.top(this.active + 1);
      const room = this.scroller.clientHeight - this.head.offsetHeight;
      if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
      else if (bottom > this.scroller.scrollTop + room) this.scroller.scrollTop = Math.min(top, bottom - room);
      this.render();
    }

    /* On paper the first rows stand whole, as many as are read there. */
    print(isPrinting) {
      this.printing = isPrinting;
      // A button is not painted again on the next sheet.
      for (const { cell, button } of this.heads) cell.replaceChildren(isPrinting ? button.textContent : button);
      this.paper?.remove();
      if (!isPrinting) { this.body.replaceChildren(); this.measureColumns(); this.render(); return; }
      while (!this.view && this.length < PRINTED && this.read());
      const widths = this.share(SHEET.room, SHEET) ?? this.least(SHEET);
      const total = widths.reduce((sum, width) => sum + width, 0);
      widths.forEach((width, position) => { this.cols[position].style.width = `${100 * width / total}%`; });
      const rows = [];
      const count = Math.min(this.length, PRINTED);
      for (let position = 0; position < count; position += 1) {
        const row = make("tr");
        this.rows[this.at(position)].forEach((cell, column) => {
          const { kind } = this.columns[column];
          row.append(make("td", { class: toned(cell, kind) }, ...content(cell, kind, PAPER)));
        });
        rows.push(row);
      }
      this.body.replaceChildren(...rows);
      this.scroller.before(this.paper = make("p", { class: "note paper" }, this.extent(count)));
    }

    /* How many of how many rows are on paper, which ones, and where all of them are. */
    extent(count) {
      const { rows, all } = this.settings;
      // What is looked for is looked for among the rows that the page holds.
      const whence = rows < all ? `the first ${grouped(rows)} of ${grouped(all)}` : grouped(all);
      const wishes = this.selects.filter(({ position }) => this.chosen.has(position)).map(({ position }) => `${this.columns[position].name}: ${this.chosen.get(position) || "none"}`);
      if (this.input.value.trim() !== "") wishes.unshift(`search: ${this.input.value.trim()}`);
      const some = count === all ? `All ${grouped(all)} rows.`
        : wishes.length === 0 ? `The first ${grouped(count)} of ${grouped(all)} rows.`
        : count < this.length ? `The first ${grouped(count)} of the ${grouped(this.length)} rows that match (${wishes.join("; ")}), of ${whence} in all.`
        : `The ${grouped(count)} rows that match (${wishes.join("; ")}), of ${whence}.`;
      if (count === all) return some;
      const whole = this.box.querySelector(".note.whole a");
      if (whole) return `${some} All of them are in the file ${whole.textContent}.`;
      return rows < all ? some : `${some} All of them are shown on the screen.`;
    }
  }

  const lives = [...document.querySelectorAll(".table.live")].map((box) => new Live(box));
  (async () => {
    for (const live of lives) await live.load();
    for (const live of lives) await live.warm();
  })();

  for (const scroller of document.querySelectorAll(".rows")) {
    scroller.addEventListener("scroll", () => shade(scroller), { passive: true });
    addEventListener("resize", () => shade(scroller));
    shade(scroller);
  }

  addEventListener("hashchange", () => {
    if (!location.hash.includes("=")) return;
    for (const live of lives) { live.empty(); live.restore(); live.update(false); }
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const seen = lives.find((live) => live.box.getBoundingClientRect().bottom > 80) ?? lives[0];
    if (seen) { event.preventDefault(); seen.input.focus(); seen.input.select(); }
  });
  let folds = [];
  addEventListener("beforeprint", () => {
    folds = [...document.querySelectorAll("details:not([open])")];
    for (const fold of folds) fold.open = true;
    for (const live of lives) live.print(true);
  });
  addEventListener("afterprint", () => {
    for (const fold of folds) fold.open = false;
    for (const live of lives) live.print(false);
  });

  /* Which section is before the eye. */
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const sections = [...document.querySelectorAll("main section")];
  const mark = () => {
    const line = innerHeight * 0.3;
    let now = sections[0];
    for (const section of sections) if (section.getBoundingClientRect().top < line) now = section;
    if (now && innerHeight + scrollY >= document.documentElement.scrollHeight - 2) now = sections[sections.length - 1];
    for (const [id, link] of links) {
      if (now && now.id === id) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
    }
  };
  let isMarking = false;
  addEventListener("scroll", () => {
    if (isMarking) return;
    isMarking = true;
    requestAnimationFrame(() => { isMarking = false; mark(); });
  }, { passive: true });
  mark();
})();
