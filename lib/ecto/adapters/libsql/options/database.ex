defmodule Ecto.Adapters.LibSql.Options.Database do
  @moduledoc false
  # What kind of database the option :database of a repository names: a file, or one in memory, for which a URI has
  # several forms. Source: sqlite.org/uri.html

  @type kind :: {:file, Path.t()} | :private_memory | :shared_memory

  @doc "Each connection to a private database has one of its own; a shared one lives as long as any connection to it."
  @spec kind(String.t() | :memory) :: kind()
  def kind(database) when database in [:memory, ":memory:"], do: :private_memory
  def kind("file:" <> uri), do: uri |> String.split("#") |> hd() |> uri()
  def kind(path), do: {:file, Path.expand(path)}

  defp uri(uri) do
    {name, options} =
      case String.split(uri, "?", parts: 2) do
        [name, query] -> {name, options(query)}
        [name] -> {name, %{}}
      end

    name = name |> without_host() |> decode()

    cond do
      options["vfs"] == "memdb" -> if name =~ ~r"^/", do: :shared_memory, else: :private_memory
      not memory?(name, options) -> {:file, Path.expand(name)}
      options["cache"] == "shared" -> :shared_memory
      true -> :private_memory
    end
  end

  # For an empty name SQLite opens a temporary file of the connection.
  defp memory?(name, options), do: name in ["", ":memory:"] or options["mode"] == "memory"

  defp options(query) do
    for option <- String.split(query, "&"), into: %{} do
      [name | value] = option |> String.split("=", parts: 2) |> Enum.map(&decode/1)
      {name, List.first(value)}
    end
  end

  # SQLite accepts an empty host and localhost only.
  defp without_host("//" <> rest), do: String.replace(rest, ~r"^[^/]*", "")
  defp without_host(name), do: name

  # Unlike URI.decode/1, keeps a percent sign without two digits.
  defp decode(text) do
    Regex.replace(~r/%([0-9a-f]{2})/i, text, fn _all, digits ->
      <<String.to_integer(digits, 16)>>
    end)
  end
end
