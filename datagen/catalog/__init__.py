"""The company as data: YAML by subject and its typed, validated reader."""
