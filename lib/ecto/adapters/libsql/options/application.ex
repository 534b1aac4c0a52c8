defmodule Ecto.Adapters.LibSql.Options.Application do
  @moduledoc false
  # The settings of `config :ecto_libsql`, checked when a repository starts. Loaders, dumpers and the generated SQL
  # read them one by one and without a check, as `Types.setting/2`: a wrong value would store values in the wrong
  # form or in none.

  alias EctoLibSql.Options.Names

  @values [
    binary_id_type: [:string, :binary],
    uuid_type: [:string, :binary],
    map_type: [:string, :binary],
    array_type: [:string, :binary],
    datetime_type: [:iso8601, :text_datetime],
    decimal_type: [:numeric, :exact],
    ilike: [:ascii, :unicode]
  ]

  # `:load_extensions` is checked with the other options of a connection; `:ecto_repos` is Mix's.
  @known Keyword.keys(@values) ++ [:json_library, :type_extensions, :load_extensions, :ecto_repos]

  @jsonb_since {3, 45, 0}

  @doc "Refuses unknown settings, wrong values, and those that this version of SQLite cannot serve."
  @spec check!({integer(), integer(), integer()}) :: :ok
  def check!(version) do
    settings = Application.get_all_env(:ecto_libsql)
    settings |> Enum.reject(&repository?/1) |> Names.check!(@known, "config :ecto_libsql")
    Enum.each(settings, &check!(&1, version))
  end

  # A repository's configuration has the repository's module as its key; OTP adds the included applications.
  defp repository?({key, _value}),
    do: match?("Elixir." <> _, Atom.to_string(key)) or key == :included_applications

  for {key, values} <- @values do
    defp check!({unquote(key), value}, _version) when value not in unquote(values),
      do: refuse!(unquote(key), unquote(Enum.map_join(values, " or ", &inspect/1)), value)
  end

  defp check!({key, :binary}, version)
       when key in [:map_type, :array_type] and version < @jsonb_since do
    raise ArgumentError,
          "config :ecto_libsql, #{key}: :binary needs the JSONB of SQLite 3.45 or later, this is " <>
            "#{version |> Tuple.to_list() |> Enum.join(".")}; leave it out or set it to :string"
  end

  defp check!({:json_library, library}, _version) do
    json? = exports?(library, decode: 1, encode_to_iodata!: 1)
    expected = "a module with decode/1 and encode_to_iodata!/1, such as Jason"
    json? or library == nil or refuse!(:json_library, expected, library)
  end

  defp check!({:type_extensions, modules}, _version) do
    expected = "a list of modules with loaders/2, dumpers/2 or column_type/2"

    (is_list(modules) and Enum.all?(modules, &extension?/1)) or
      refuse!(:type_extensions, expected, modules)
  end

  defp check!(_other, _version), do: :ok

  defp extension?(module),
    do: Enum.any?([:loaders, :dumpers, :column_type], &exports?(module, [{&1, 2}]))

  defp exports?(module, functions) do
    is_atom(module) and Code.ensure_loaded?(module) and
      Enum.all?(functions, fn {name, arity} -> function_exported?(module, name, arity) end)
  end

  @spec refuse!(atom(), String.t(), term()) :: no_return()
  defp refuse!(key, expected, value) do
    raise ArgumentError,
          "config :ecto_libsql, #{key}: must be #{expected}, got: " <>
            inspect(value, limit: 5, printable_limit: 50)
  end
end
