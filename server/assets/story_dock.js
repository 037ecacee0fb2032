// The dock: one timeline with what has been simulated, where one looks, what happened, and the line of one question.
(function () {
const { el, sum, LINES, brief, tip } = lastmile.storyParts;
const path = (v, X, Y) => (v.length ? 'M' + v.map((y, i) => `${X(i).toFixed(1)} ${Y(y).toFixed(1)}`).join('L') : '');
const band = (low, high, X, Y) => `${path(low, X, Y)}L${high.map((y, i) => `${X(i).toFixed(1)} ${Y(y).toFixed(1)}`).reverse().join('L')}Z`;
const FLAG = { talks: 'M-4 -4H4V2H0L-3 5V2H-4Z', deal: 'M-4.500 0L-1.500 3L4.500 -3.500', end: 'M-3.500 -3.500L3.500 3.500M3.500 -3.500L-3.500 3.500', start: 'M-4.500 0L-1.500 3L4.500 -3.500', deadline: 'M0 -4.500V0.500M0 3.500V4', money: 'M0 -4.500V4.500M2.500 -2.500C1 -4 -2.500 -3.500 -2.300 -1.600C-2 0.600 2.600 -0.600 2.500 1.800C2.300 3.800 -1.500 3.800 -2.800 2.300', cross: 'M-4.500 3L4.500 -3M-4.500 -3L4.500 3', plan: 'M-3 4.500V-4.500L4 -2L-3 0.500', merger: 'M-4 -4L0 0L-4 4M0 0H4.500', capacity: 'M-4 4V0H0V-4H4V4Z' };


class Timeline {
    constructor(host, onmove) {
        this.host = host; this.onmove = onmove; this.key = 'at';
        this.svg = el('svg', { role: 'slider', tabindex: 0, 'aria-label': 'Month', 'aria-valuemin': 1 }); host.append(this.svg);
        const at = (e) => { const b = this.svg.getBoundingClientRect(); return Math.round((e.clientX - b.left - this.x0) / (this.x1 - this.x0) * (this.run.total - 1)); };
        this.svg.addEventListener('pointerdown', (e) => { this.drag = true; this.svg.setPointerCapture(e.pointerId); this.onmove(at(e), 'drag'); });
        this.svg.addEventListener('pointermove', (e) => { if (this.drag) this.onmove(at(e), 'drag'); else if (e.pointerType !== 'touch') this.hover(at(e), e.clientX); });
        this.svg.addEventListener('pointerup', () => { this.drag = false; }); this.svg.addEventListener('pointerleave', () => tip());
        this.svg.addEventListener('keydown', (e) => { const by = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1 }[e.key]; if (by) this.onmove(this.run.m + by, 'key'); else if (e.key === 'Home') this.onmove(0, 'key'); else if (e.key === 'End') this.onmove(this.run.n - 1, 'key'); else if (e.key === 'PageUp') this.onmove('next'); else if (e.key === 'PageDown') this.onmove('back'); else return; e.preventDefault(); e.stopPropagation(); });
        this.watch = new ResizeObserver(() => this.draw()); this.watch.observe(host);
    }
    close() { this.watch.disconnect(); tip(); }
    hover(m, x) {
        const near = this.run.turns.filter((t) => t.rank <= 2 && t.month <= this.run.seen && Math.abs(t.month - m) <= 1).sort((p, q) => Math.abs(p.month - m) - Math.abs(q.month - m) || p.rank - q.rank)[0];
        const say = near ? `${this.run.months[near.month].name}. ${near.text}` : this.run.months[m] && m <= this.run.seen ? `${this.run.months[m].name}. ${LINES[this.key].title}: ${LINES[this.key].say(LINES[this.key].of(this.run, m))}` : '';
        tip(say, x, this.svg.getBoundingClientRect().top);
    }
    show(run, playing) {
        const known = `${run.key}|${run.n}|${run.turns.length}|${this.key}|${run.ghost ? run.ghost.key : ''}|${run.fans}|${run.others ? run.others.done : 0}`;
        this.run = run;
        if (known !== this.known) { this.known = known; this.draw(); } else this.move();
        this.playing = playing;
    }
    draw() {
        const W = this.host.clientWidth, run = this.run; if (!W || !run || !run.n) return;
        const phone = W < 520, H = phone ? 92 : 116, top = phone ? 26 : 46, bot = H - 19, L = LINES[this.key], s = this.svg, last = run.total - 1;
        Object.assign(this, { phone, top, bot, x0: 8, x1: W - (phone ? 46 : run.fans.length > 1 ? 84 : 62) });
        s.setAttribute('viewBox', `0 0 ${W} ${H}`); s.style.height = `${H}px`; s.setAttribute('aria-valuemax', run.total);
        const X = this.X = (m) => this.x0 + m / last * (this.x1 - this.x0), Y = this.Y = (v) => bot - (Math.max(L.min, Math.min(L.max, v)) - L.min) / (L.max - L.min) * (bot - top);
        const v = this.values = run.rows.map((_, m) => L.of(run, m)); s.replaceChildren();
        for (let m = 0; m <= last; m++) { const name = run.first(m); if (!name.startsWith('Jan')) continue; const x = X(m); el('line', { x1: x, x2: x, y1: top, y2: bot + 4, class: 'grid' }, s); if (!phone || m % 24 === 0) el('text', { x: x + 3, y: bot + 15 }, s).textContent = name.slice(4); }
        el('line', { x1: this.x0, x2: this.x1, y1: bot, y2: bot, class: 'grid' }, s);
        const both = run.fans.length > 1;
        for (const road of run.fans) {
            const { bands, lines } = run.runsOf(road), colour = `var(--${both && road === 'impasse' ? 'amazon' : both ? 'usps' : L.colour})`;
            if (!bands) { for (const one of lines[this.key]) el('path', { d: path(one, X, Y), class: 'other', stroke: colour }, s); continue; }
            const [low, below, middle, above, high] = bands[this.key];
            el('path', { d: band(low, high, X, Y), class: 'band', fill: colour }, s);
            el('path', { d: band(below, above, X, Y), class: 'band half', fill: colour }, s);
            if (both) el('path', { d: path(middle, X, Y), class: 'median', stroke: colour }, s);
        }
        if (both && !phone) {
            const at = run.fans.map((road) => Y(run.runsOf(road).bands[this.key][2].at(-1)) + 4), close = Math.abs(at[0] - at[1]) < 15;
            [['they bargain', 0], ['no deal', 1]].forEach(([words, i]) => { el('text', { x: this.x1 + 4, y: close ? Math.min(...at) + 15 * i : at[i], class: 'endl' }, s).textContent = words; });
        }
        if (run.ghost) el('path', { d: path(run.ghost.rows.map((_, m) => L.of(run.ghost, m)), X, Y), class: 'ghost' }, s);
        const clip = el('clipPath', { id: 'lm-played' }, s); this.clip = el('rect', { x: -10, y: -10, width: 10, height: H + 20 }, clip);
        el('path', { 'clip-path': 'url(#lm-played)', d: `${path(v, X, Y)}L${X(v.length - 1)} ${bot}L${this.x0} ${bot}Z`, fill: `var(--${L.colour})`, opacity: run.fans.length ? 0 : 0.14 }, s);
        el('path', { 'clip-path': 'url(#lm-played)', d: path(v, X, Y), class: 'played', stroke: `var(--${L.colour})` }, s);
        this.todo = el('line', { x2: this.x1, y1: bot, y2: bot, class: 'todo' }, s);
        this.flags = []; const rows = [[], []], glyphs = [];
        const place = (x, w) => { for (const r of [0, 1]) if (rows[r].every(([a, b]) => x + w < a - 8 || x > b + 8)) { rows[r].push([x, x + w]); return r; } return -1; };
        for (const t of run.turns.filter((q) => q.rank <= 2).sort((a, b) => a.rank - b.rank || (b.kind === 'deal') - (a.kind === 'deal') || a.month - b.month)) {
            const x = X(t.month), g = el('g', { class: 'flag', 'data-m': t.month }, s), hot = t.rank === 1 && (!phone || glyphs.every((q) => Math.abs(q - x) > 15)); if (hot) glyphs.push(x);
            const w = t.label.length * 6.6, left = x + 12 + w > W, row = hot && !phone ? place(left ? x - w - 8 : x + 8, w) : -1, y = row === 0 ? top - 14 : row === 1 ? top - 31 : top - 9;
            el('line', { x1: x, x2: x, y1: row >= 0 ? y + 5 : top - 3, y2: Y(v[t.month]), stroke: hot ? 'var(--ink)' : 'var(--muted)', 'stroke-width': hot ? 1 : 0.8, opacity: hot ? 0.55 : 0.35 }, g);
            const signed = hot && (phone || row >= 0);  // without room for its words it is a larger dot
            if (signed) { el('circle', { cx: x, cy: y, r: 6.5, fill: 'var(--ink)' }, g); el('path', { d: FLAG[t.kind] || FLAG.plan, transform: `translate(${x} ${y}) scale(.82)`, fill: t.kind === 'talks' || t.kind === 'capacity' ? 'var(--card)' : 'none', class: 'sign' }, g); } else el('circle', { cx: x, cy: top - 3, r: hot ? 4 : 2.8, fill: hot ? 'var(--ink)' : 'var(--muted)' }, g);
            if (row >= 0) { const e = el('text', { x: left ? x - 10 : x + 10, y: y + 4, 'text-anchor': left ? 'end' : 'start' }, g); e.textContent = t.label; }
            this.flags.push([t.month, g]); g.addEventListener('pointerdown', (e) => { e.stopPropagation(); this.onmove(t.month, 'flag'); });
        }
        // Deadlines that are known ahead, until they come.
        this.due = run.due.map(([from, m, label]) => { const x = X(m), g = el('g', { class: 'due' }, s); el('line', { x1: x, x2: x, y1: top - 8, y2: bot }, g); el('circle', { cx: x, cy: top - 9, r: 5 }, g); if (!phone) el('text', { x: x + 9, y: top - 5 }, g).textContent = label; return [from, m, g]; });
        this.end = el('text', { class: 'endl' }, s);
        this.head = el('g', { class: 'head' }, s); el('line', { y1: top - 4, y2: bot + 2 }, this.head); this.knob = el('circle', { r: 6 }, this.head);
        this.move();
    }
    move() {
        const run = this.run, v = this.values; if (!this.head || !v || !run.months[run.m]) return;
        this.clip.setAttribute('width', this.X(run.seen) + 10.5); this.todo.setAttribute('x1', this.X(run.seen));
        for (const [m, g] of this.flags) g.style.display = m <= run.seen ? '' : 'none';
        for (const [from, m, g] of this.due) g.style.display = from <= run.seen && m > run.seen ? '' : 'none';
        const x = this.X(run.m), y = this.Y(v[run.m]);
        this.head.setAttribute('transform', `translate(${x.toFixed(1)} 0)`); this.knob.setAttribute('cy', y);
        this.end.setAttribute('y', Math.max(this.top + 4, y + 4)); this.end.setAttribute('x', Math.min(this.x1 + 6, x + 9)); this.end.textContent = LINES[this.key].say(v[run.m]);
        this.svg.setAttribute('aria-valuenow', run.m + 1); this.svg.setAttribute('aria-valuetext', `${run.months[run.m].name}. ${run.months[run.m].headline}`);
    }
}
lastmile.storyParts.Timeline = Timeline;
})();
