// What has the focus may go by a press, or be closed for a moment (a list is read anew, a run begins again). The browser
// then forgets where one was, and Tab begins at the top. Here the focus goes to what stands in its place.
(function () {
    const STOPS = 'a[href], button, input, select, textarea, summary, [tabindex]';
    const BEAT = 100;
    let kept = null;
    const words = (one) => (one.getAttribute('aria-label') || one.textContent || '').trim();
    const open = (one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility();

    document.addEventListener('focusin', ({ target }) => {
        const around = [];
        for (let one = target.parentElement; one && one !== document.body; one = one.parentElement) around.push(one);
        kept = { target, around, name: words(target) };
    });
    // One who presses beside everything wants to leave.
    document.addEventListener('pointerdown', () => { kept = null; }, true);

    // In the nearest part that is still there: what is called the same, else the first that can be chosen; where the page
    // has gone with it, the content of the one that came.
    function successor() {
        const box = kept.around.find((one) => one.isConnected);
        if (!box || box.querySelector('main')) return document.getElementById('lm-content');
        const all = [...box.querySelectorAll(STOPS)].filter(open);
        return all.find((one) => words(one) === kept.name) || all[0] || document.getElementById('lm-content');
    }

    function look() {
        if (!kept || !document.hasFocus() || (document.activeElement && document.activeElement !== document.body)) return;
        const here = kept.target.isConnected ? (kept.target.disabled ? null : kept.target) : successor();
        if (here && here.checkVisibility()) here.focus({ preventScroll: true });
    }
    setInterval(look, BEAT);
})();
