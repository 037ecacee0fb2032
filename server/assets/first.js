// Runs before anything else of a page is there: leads a first visitor, and fetches early what is needed late.
(function () {
    // Who was never here and asks for nothing in particular is told the story; who comes back finds the market.
    try {
        const first = !localStorage.getItem('lastmile:was-here');
        localStorage.setItem('lastmile:was-here', 'yes');
        if (first && location.pathname.endsWith('/') && !location.search && !location.hash) history.replaceState(history.state, '', `${location.pathname}story`);
    } catch (e) { /* A browser that keeps nothing opens what the address names. */ }

    const fetchEarly = (href, as, more = {}) => document.head.append(Object.assign(document.createElement('link'), { rel: 'preload', href, as, ...more }));
    const files = window.lastmileFiles;
    EARLY.forEach((href) => fetchEarly(href, 'script'));
    fetchEarly(files['parts.js'], 'script');
    fetchEarly(files['seat.css'], 'style');
    if (location.pathname.endsWith('/story')) {
        fetchEarly(files['story.css'], 'style');
        fetchEarly(files['story.js'], 'script');
    } else if (location.pathname.endsWith('/')) {
        fetchEarly(files['echarts.js'], 'script', { fetchPriority: 'low' });
        fetchEarly(files['states.json'], 'fetch', { crossOrigin: 'anonymous' });
    }
})();
