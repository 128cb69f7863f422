"""What is done by hand for each kind of resource, with the names of the templates."""
