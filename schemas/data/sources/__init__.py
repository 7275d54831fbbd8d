"""Where rows come from: a file a format, each a stream of records. Whether a record is good is not decided here."""
