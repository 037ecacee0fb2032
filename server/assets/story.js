// What the parts of the Story page share: words for numbers, signs of the parties, and one run with one playhead.
// Loaded when the page is opened (`lastmile.openStory()` in custom.js); the stage and the dock have files of their own.
(function () {
const ORDER = ['usps', 'amazon', 'ups', 'fedex', 'regional'];
const NAMES = { usps: 'USPS', amazon: 'Amazon', ups: 'UPS', fedex: 'FedEx', regional: 'Regional carriers', large: 'Large shippers', small: 'Small shippers' };
const SYMBOL = {
    usps: 'M5 0.500A4.500 4.500 0 1 1 4.990 0.500Z', amazon: 'M5 0L10 5L5 10L0 5Z', ups: 'M0.700 0.700H9.300V9.300H0.700Z', fedex: 'M5 0.300L9.800 9.300H0.200Z',
    regional: 'M5 10L1.800 5.400A3.700 3.700 0 1 1 8.200 5.400Z', large: 'M0 3H10V7H0Z', small: 'M3 0H7V3H10V7H7V10H3V7H0V3H3Z',
};
const PIC = {
    usps: 'M5 17V10.500a3.500 3.500 0 0 1 7 0V17zM8.500 7H16a3.500 3.500 0 0 1 3.500 3.500V17H12M15.500 10V5.500h3M12 17v4', amazon: 'M2.500 16.500V7h11v9.500M13.500 10h4l4 3.500v3h-2M15 16.500H9.500M4.500 16.500h-2M7 18.800a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17.300 18.800a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
    ups: 'M2.500 17V5.500h13V17M15.500 9h3.500l2.500 3.500V17h-2.500M14 17H9M4.500 17h-2M6.700 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM16.700 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM9 8.500v4.500', fedex: 'M3 14.500l2-1 3 1 5-2.500L6.500 6.500l2-1 8.500 4 2.800-1.300a1.700 1.700 0 0 1 1.500 3L9.500 17H5.500zM4 20h16',
    regional: 'M12 21s6.500-6.200 6.500-11a6.500 6.500 0 0 0-13 0c0 4.800 6.500 11 6.500 11zM9.300 8h5.400v4.500H9.300zM9.300 10h5.400', large: 'M3 20V9.500L12 5l9 4.500V20M7 20v-7.500h10V20M7 16.200h10', small: 'M4.500 11v9h15v-9M3 10.500L5 5h14l2 5.500a2.700 2.700 0 0 1-4.500 1 3 3 0 0 1-4.500 0 3 3 0 0 1-4.500 0 2.700 2.700 0 0 1-4.500-1zM10 20v-4.500h4V20',
    seller: 'M3.5 8L12 3.500 20.500 8v8.500L12 21l-8.500-4.500zM3.500 8L12 12.500 20.500 8M12 12.500V21M7.700 5.800l8.500 4.500', rural: 'M3 20v-8l3.500-5h5L15 12v8zM7 20v-4.500h4V20M19 20v-5M19 15a2.600 2.600 0 1 0 0-5.200 2.600 2.600 0 0 0 0 5.200zM2 20h20', sub: 'M4 20v-9l8-6.500 8 6.500v9zM9.500 20v-6h5v6', city: 'M3 20V10h5.500M8.500 20V4H15v16M15 9.500h6V20zM2 20h20M11 8h1.500M11 11.500h1.500M11 15h1.500M5 13.500h1M5 16.500h1M18 13h1M18 16h1',
};

const SVGNS = 'http://www.w3.org/2000/svg';
const el = (tag, at = {}, parent) => { const e = document.createElementNS(SVGNS, tag); for (const k in at) e.setAttribute(k, at[k]); if (parent) parent.appendChild(e); return e; };
const put = (e, a) => { const c = e._c ||= {}; for (const k in a) if (c[k] !== a[k]) { c[k] = a[k]; e.setAttribute(k, a[k]); } };
const sum = (a) => a.reduce((x, y) => x + y, 0);
const nb = (s) => s.replace(/ /g, '\u00a0');
const usd = (v) => (v < 0 ? '\u2212' : '') + '$' + Math.abs(v).toFixed(2);
const par = (v) => (v >= 995 ? nb(`${(v / 1000).toFixed(1)} billion`) : v >= 10 ? nb(`${Math.round(v)} million`) : nb(`${v.toFixed(1)} million`));
const words = (...texts) => sum(texts.map((text) => text.split(' ').length));
const brief = (v) => (v >= 995 ? nb(`${(v / 1000).toFixed(1)} bn`) : nb(`${Math.round(v)} mn`));
const pct = (v) => nb(`${Math.round(v)} %`);
const calm = matchMedia('(prefers-reduced-motion: reduce)');

// One tip for all parts of the page.
let tipElement = null;
function tip(text, x, y) {
    if (!tipElement || !tipElement.isConnected) { tipElement = document.createElement('div'); tipElement.className = 'lm-storytip'; tipElement.setAttribute('role', 'tooltip'); document.body.append(tipElement); }
    tipElement.hidden = !text;
    if (!text) return;
    tipElement.textContent = text;
    const w = tipElement.offsetWidth, h = tipElement.offsetHeight;
    tipElement.style.left = `${Math.max(6, Math.min(innerWidth - w - 6, x - w / 2))}px`;
    tipElement.style.top = `${Math.max(6, y - h - 6)}px`;
}

// Lines that the dock and the charts can show, from the rows of the stage.
const rural = (row, g) => 100 * row[24 + 3 * g] / sum(ORDER.map((_, i) => row[24 + 3 * i]));
const LINES = {
    at: { title: 'Amazon\u2019s parcels at USPS, at a year\u2019s pace', min: 0, max: 2000, of: (run, m) => run.rows[m][3] + run.rows[m][4] + run.rows[m][5], say: brief, colour: 'usps' },
    ru: { title: 'USPS share of rural parcels', min: 20, max: 60, of: (run, m) => rural(run.rows[m], 0), say: pct, colour: 'usps' },
    ra: { title: 'Amazon\u2019s share of rural parcels', min: 10, max: 60, of: (run, m) => rural(run.rows[m], 1), say: pct, colour: 'amazon' },
    ni: { title: 'USPS result over twelve months', min: -16, max: 0, of: (run, m) => run.months[m].result, say: (v) => nb(`${v < 0 ? '\u2212' : ''}$${Math.abs(v).toFixed(1)} bn`), colour: 'usps' },
};

// The two roads, and dots beside each other: those that would cover one another stand in rows.
const ROADS = [['baseline', 'usps'], ['impasse', 'amazon']];
function stack(places, wide = 0.022) {
    const rows = [];
    return places.map((x) => { let row = rows.findIndex((taken) => taken.every((t) => Math.abs(t - x) >= wide)); if (row < 0) row = rows.push([]) - 1; rows[row].push(x); return { x, row, ring: false }; });
}

// The run and the playhead. The server simulates ahead; the playhead follows at its own pace, slower at turning points.
const PAUSES = [2900, 1400, 330];
// In the opening the months of a step take as long as its words take to read; no month is longer than a turning point.
const A_WORD = 300, SHORTEST = 900;
class Story {
    constructor() { this.listeners = new Set(); this.speed = 'story'; this.scene = 'watch'; this.beat = 0; this.who = 'amazon'; this.follow = true; this.ghost = null; this.fan = null; this.others = null; this.road = ''; this.seed = 0; this.empty('', 72); }
    empty(key, total) { this.pause(); Object.assign(this, { key, total, rows: [], months: [], turns: [], due: [], m: 0, reach: 0, until: total - 1, wanted: null, finished: false }); }
    on(listener) { this.listeners.add(listener); return () => this.listeners.delete(listener); }
    tell(how) { this.how = how; for (const listener of this.listeners) listener(how); }
    // Name of a month in few letters, also of one that is not simulated yet.
    first(m) { return this.labels ? this.labels[m] || '' : ''; }
    get n() { return this.rows.length; }
    // A part from the server: months from `begin` on; the ones after it are replaced.
    take(part) {
        if (part.key !== this.key) { if (this.leaves) { this.keepGhost(); this.leaves = false; } if (!this.keeps) this.ghost = null; this.keeps = false; const reach = this.reach; this.empty(part.key, part.total); this.reach = this.ghost ? reach : 0; this.wanted = part.at; this.labels = lastmile.months(part.first, part.total); }
        const values = lastmile.floats(part.rows), width = part.width, fresh = this.rows.length === 0;
        for (let i = 0; i < part.months.length; i++) { this.rows[part.begin + i] = values.subarray(i * width, (i + 1) * width); this.months[part.begin + i] = part.months[i]; }
        this.turns = part.turns; this.due = part.due; this.finished = this.n >= this.total;
        if (this.wanted !== null && this.n > this.wanted) { this.m = this.wanted; this.reach = Math.max(this.reach, this.m); this.wanted = null; this.tell('snap'); } else this.tell(fresh ? 'snap' : 'data');
        // A step that was opened by its address begins once its months are there.
        if (this.opens && this.wanted === null && this.n > this.m) { this.opens = false; if (this.scene === 'story') this.enter('story', this.beat); }
        if (this.starts && this.former !== this.key && this.wanted === null && this.n > this.m) { this.starts = false; this.play(); } else if (this.playing && !this.timer) this.tick();
    }
    go(m, how = 'jump') { this.wanted = null; this.m = Math.max(0, Math.min(this.n - 1, m)); this.reach = Math.max(this.reach, this.m); this.tell(how); this.settled(how); }
    settled(how) { clearTimeout(this.later); if (how !== 'play') this.later = setTimeout(() => this.onlook && this.onlook(this.m), 350); }
    step(by) { this.pause(); this.go(this.m + by, 'key'); }
    jump(where) {
        this.pause();
        const at = this.turns.filter((t) => t.rank <= 2).map((t) => t.month);
        this.go(where === 'next' ? at.find((x) => x > this.m) ?? this.n - 1 : [...at].reverse().find((x) => x < this.m) ?? 0, 'jump');
    }
    toggle() { if (this.playing) { this.pause(); this.tell('pause'); this.settled('pause'); } else this.play(this.total - 1, this.m < this.total - 1); }
    // Plays on from the month shown, at once where it was there to be read; a run that is over begins again.
    play(until = this.total - 1, read = false) { if (this.scene === 'end') this.enter('watch'); if (this.m >= until) this.m = until === this.total - 1 ? 0 : this.from || 0; this.until = until; this.playing = true; if (this.onplay) this.onplay(); this.tell('jump'); this.tick(read ? Math.min(this.wait(), PAUSES[2]) : this.wait()); }
    // -- scenes: the opening by beats, or the run
    get seen() { return Math.min(this.reach, this.n - 1); }
    get shown() { return BEATS[this.beat].show; }
    told() { const beat = BEATS[this.beat]; return { title: beat.title, note: beat.note || '', text: beat.text(this), big: beat.big(this), source: beat.fork && this.fan ? this.fan.source : beat.source, fork: beat.fork && this.fan ? this.roads() : null }; }
    // Stored runs behind the line: those of this road, or of both where they part; none where something else is changed.
    get fans() {
        if (!this.road && this.others && this.others.done && this.scene !== 'story') return ['others'];
        if (!this.fan || !this.road || (this.scene === 'story' && !BEATS[this.beat].fork)) return [];
        return this.scene === 'story' ? ['baseline', 'impasse'] : [this.road];
    }
    // Bands of such a fan by line; of few runs in the background there are lines instead.
    runsOf(name) { return name === 'others' ? this.others : this.fan.roads[name]; }
    // One dot for each stored run of a road, by the parcels that stay; a ring around this one.
    roads(own = null) {
        const most = Math.max(this.fan.start, ...ROADS.flatMap(([key]) => this.fan.roads[key].dots.map((d) => d[1])), own || 0) * 1.06;
        const X = (v) => v / most;
        return { at: X(this.fan.start), most, rows: ROADS.map(([key, colour]) => {
            const here = key === this.road, dots = stack(this.fan.roads[key].dots.map((d) => X(d[1])));
            const mine = this.fan.roads[key].dots.findIndex((d) => d[0] === this.seed), exact = here && own !== null;
            if (exact) dots.forEach((d, i) => { d.ring = i === mine && Math.abs(this.fan.roads[key].dots[i][1] - own) < 1; });
            else dots.forEach((d, i) => { d.ring = (own === null || here) && i === mine; });
            if (exact && !dots.some((d) => d.ring)) dots.push({ x: X(own), row: 0, ring: true, hollow: true });
            return { key, colour, dots, pitch: 1 / Math.max(1, ...dots.map((d) => d.row)), words: this.fan.roads[key].words };
        }) };
    }
    enter(scene, beat = 0) {
        this.pause(); this.scene = scene; this.beat = scene === 'story' ? Math.max(0, Math.min(4, beat)) : 0;
        document.documentElement.classList.toggle('lm-beats', scene === 'story');
        document.documentElement.classList.toggle('lm-ends', scene === 'end');
        const url = new URL(location.href);
        if (scene === 'story') url.searchParams.set('beat', this.beat + 1); else url.searchParams.delete('beat');
        if (scene === 'end') url.searchParams.set('scene', 'end'); else url.searchParams.delete('scene');
        if (url.href !== location.href) history.replaceState(history.state, '', url);
        if (scene === 'end' && this.n) { this.m = this.n - 1; this.reach = this.m; }
        if (scene !== 'story') { this.tell('jump'); return; }
        const { to } = BEATS[this.beat], from = this.begins(this.beat);
        if (to > 0 && this.onplay) this.onplay();  // what it shows has to be simulated
        if (this.n <= from) { this.wanted = from; this.opens = true; this.tell('jump'); return; }
        this.m = from; this.reach = Math.max(this.reach, from);
        if (to > from && calm.matches && this.n > to) { this.m = to; this.reach = Math.max(this.reach, to); this.tell('snap'); return; }
        this.tell('jump');
        if (to > from) { this.from = from; this.timer = setTimeout(() => { this.timer = null; if (this.scene === 'story' && BEATS[this.beat].to === to) this.play(to); }, A_WORD * words(BEATS[this.beat].title)); }
    }
    // First month that a step plays, and how long each of its months stands.
    begins(beat) { const { from = 0, to } = BEATS[beat]; return typeof from === 'function' ? Math.min(from(this), to) : from; }
    reading() { const beat = BEATS[this.beat], months = Math.max(1, beat.to - this.begins(this.beat)); return Math.max(SHORTEST, Math.min(PAUSES[0], A_WORD * words(...beat.text(this)) / months)); }
    explore() { if (this.scene !== 'watch') this.enter('watch'); }
    leave() { this.pause(); document.documentElement.classList.remove('lm-beats', 'lm-ends'); this.onplay = this.onlook = this.onroad = null; }
    pick(who) { if (this.scene === 'story') return; this.who = who; this.follow = false; this.tell('pick'); }
    // The run that goes stays as a dashed line, until another one goes.
    keepGhost() { this.pause(); if (this.scene !== 'watch') this.enter('watch'); this.ghost = { key: this.key, rows: this.rows.slice(), months: this.months.slice() }; this.keeps = true; }
    // As `keepGhost`, but only once another run is there.
    leaveGhost() { this.leaves = true; }
    // The fork: go on along one of two roads, from the month in which they part. It starts with the run that comes: months of
    // the one that goes may still be on their way.
    takeRoad(name) { this.enter('watch'); this.starts = true; this.former = this.key; if (this.onroad) this.onroad(name); }
    pause() { this.playing = false; clearTimeout(this.timer); this.timer = null; }
    wait() { if (this.speed !== 'story') return 1000 / +this.speed; if (this.scene === 'story') return this.reading(); const rank = Math.min(3, ...this.turns.filter((t) => t.month === this.m).map((t) => t.rank)); return PAUSES[Math.min(2, rank - 1)]; }
    tick(wait = this.wait()) {
        clearTimeout(this.timer); this.timer = null;
        if (!this.playing) return;
        this.timer = setTimeout(() => {
            this.timer = null;
            if (!this.playing) return;
            if (this.m >= this.until) { this.pause(); if (this.scene === 'watch' && this.m === this.total - 1) this.enter('end'); else this.tell('done'); this.settled('done'); return; }
            // The last two months that are there may still become turning points.
            if (this.m + 1 < this.n - 2 || (this.finished && this.m + 1 < this.n)) { this.m += 1; this.reach = Math.max(this.reach, this.m); this.tell('play'); this.tick(); } else this.tell('waits');
        }, wait);
    }
}
// First month in which bid and ask lie on the table; the start where there is none yet.
const bothOffers = (run) => Math.max(0, run.months.findIndex((month) => month.gate.bid !== null && month.gate.ask !== null));
// The opening: five beats. Each names the months that it plays and what the stage shows in full colour.
const BEATS = [
    { title: 'Will Amazon leave the Post Office?', to: 0, show: ['A-usps', 'n-A', 'n-usps'], source: 'How many parcels it is, is not public; this is the middle of what is likely.',
        text: () => ['Amazon is the Post Office\u2019s largest customer. By the end of 2026 it may pull its parcels into its own vans.', 'Here is a model of the market: carriers and thousands of shippers who decide month by month. Watch what they do.'],
        big: (run) => [par(LINES.at.of(run, 0)), 'parcels a year are at stake'] },
    { title: 'The last road is the one the mail already drives.', to: 0, show: ['A-usps', 'n-A', 'n-usps', 'usps-rural', 'n-rural'], source: 'Cost and price: the model, January 2025.',
        text: (run) => [`Of these parcels ${pct(100 * run.rows[0][5] / LINES.at.of(run, 0))} go to the countryside. The mail carrier passes every door six days a week, so one parcel more costs little: about ${usd(run.months[0].cost)}, and Amazon pays ${usd(run.rows[0][57])}.`, 'The Post Office needs that money: letters, which used to pay for the round, become fewer.'],
        big: (run) => [pct(LINES.ru.of(run, 0)), 'of all rural parcels come with USPS'] },
    { title: 'Amazon builds a road of its own.', to: 11, show: ['A-own', 'A-usps', 'n-A', 'n-amazon', 'n-usps', 'amazon-rural', 'n-rural'], source: 'Plan: Amazon, April 2025. Shares: the model.',
        text: () => ['In April 2025 it announces more than 200 rural stations for over $4 billion: room for a billion parcels a year by the end of 2026.', 'Watch its vans take over, month by month.'],
        big: (run) => [pct(LINES.ra.of(run, run.m)), 'of rural parcels come in Amazon\u2019s vans'] },
    { title: 'They bargain, against two clocks.', from: bothOffers, to: 11, show: ['A-usps', 'n-A', 'n-usps', 'gate'], source: 'Dates: press reports, December 2025. Offers: the model.',
        note: 'the same months, at the table',
        text: () => ['Amazon bids from below, the Post Office asks from above. Neither knows the other\u2019s limit.', 'Amazon must order vans by January 2026. The Post Office\u2019s contract ends on 1 October 2026.'],
        big: (run) => { const g = run.months[run.m].gate; return g.bid !== null && g.ask !== null ? [usd(g.ask - g.bid), 'still lie between bid and ask'] : [usd(run.rows[run.m][57]), 'is the price in force']; } },
    { title: 'Then it goes on. And what if they must not agree?', from: 11, to: 11, show: null, fork: true, source: '', text: (run) => [`It is ${run.months[11] ? run.months[11].name : run.first(11)}. One month is left until Amazon must order. The first road is left to them; the second is a what-if that we impose:`], big: () => null },
];
lastmile.storyParts = { el, put, sum, ORDER, SYMBOL, PIC, NAMES, LINES, nb, usd, par, brief, pct, calm, tip };
lastmile.story = new Story();
})();
