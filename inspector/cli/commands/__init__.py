"""One module per verb, each with its `click` command as `command`; imported only when the verb is used."""
