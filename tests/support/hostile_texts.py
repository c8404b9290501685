"""Twenty texts that a model could write to break what shows it."""

HOSTILE = [
    "</script><script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg/onload=window.pwned=1>",
    '"><iframe src="javascript:parent.pwned=1">',
    "</noscript><script>window.pwned=1</script>",
    "</title><script>window.pwned=1</script>",
    "<!--<script>",
    "]]><script>window.pwned=1</script>",
    "\u2028window.pwned=1\u2029",
    "javascript:window.pwned=1",
    "'-window.pwned-'",
    "${window.pwned=1}{{window.pwned=1}}",
    "<style>*{display:none}</style>",
    '<base href="https://example.org/"><link rel=stylesheet href=//example.org/x.css>',
    "<meta http-equiv=refresh content='0;url=https://example.org/'>",
    "\x00\x01\x1b[31m\x7f\x9b",
    "\u202etxet desrever\u2066",
    "\ud800 alone \udfff",
    "&lt;script&gt; &amp;lt; &#60;",
    '__proto__ constructor "\\" \\u003c \\',
]
