"""The ground that every floor stands on: errors, resources, templates, the words of the field, the model of the plan."""
