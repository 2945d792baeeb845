"""The synthetic practice of the demo: invented patients, their sheets, their contacts, what they answer."""
