[
  import_deps: [],
  inputs: ["{mix,.formatter}.exs", "{config,lib,test}/**/*.{ex,exs}", "priv/repo/**/*.exs"],
  line_length: 98
]
