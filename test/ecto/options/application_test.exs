defmodule Ecto.Adapters.LibSql.Options.ApplicationTest do
  # The settings of `config :ecto_libsql`. They belong to the whole VM, so no other test runs meanwhile.
  use EctoLibSql.EctoCase, async: false

  alias Ecto.Adapters.LibSql.Options

  # Neither of the functions of a type extension, nor of a JSON library.
  defmodule Other do
    def decode(text), do: {:ok, text}
  end

  defmodule Extension do
    def column_type(_type, _opts), do: nil
  end

  setup do
    Process.flag(:trap_exit, true)
    before = Application.get_all_env(:ecto_libsql)

    on_exit(fn ->
      for {key, _value} <- Application.get_all_env(:ecto_libsql),
          do: Application.delete_env(:ecto_libsql, key)

      Application.put_all_env(ecto_libsql: before)
    end)
  end

  defp start(key, value) do
    Application.put_env(:ecto_libsql, key, value)
    started = Repo.start_link(name: nil, database: ":memory:", log: false)
    Application.delete_env(:ecto_libsql, key)

    case started do
      {:ok, repo} -> Supervisor.stop(repo)
      {:error, {%ArgumentError{message: message}, _stack}} -> message
    end
  end

  for {key, values} <- [
        binary_id_type: ":string or :binary",
        uuid_type: ":string or :binary",
        map_type: ":string or :binary",
        array_type: ":string or :binary",
        datetime_type: ":iso8601 or :text_datetime",
        decimal_type: ":numeric or :exact"
      ] do
    test "a repository does not start with a wrong #{key}" do
      for value <- [:other, "string", nil, {:scaled, 2}] do
        assert start(unquote(key), value) ==
                 "config :ecto_libsql, #{unquote(key)}: must be #{unquote(values)}, got: #{inspect(value)}"
      end
    end
  end

  test "a repository starts with each legal value" do
    for {key, values} <- [
          binary_id_type: [:string, :binary],
          uuid_type: [:string, :binary],
          map_type: [:string],
          array_type: [:string],
          datetime_type: [:iso8601, :text_datetime],
          decimal_type: [:numeric, :exact],
          ilike: [:ascii, :unicode],
          json_library: [nil, Jason],
          type_extensions: [[], [Extension]]
        ],
        value <- values do
      assert start(key, value) == :ok
    end
  end

  test "a repository does not start with a JSON library that cannot encode, or is no module" do
    for value <- [Other, NoSuchModule, "Jason", [Jason]] do
      assert start(:json_library, value) ==
               "config :ecto_libsql, json_library: must be a module with decode/1 and encode_to_iodata!/1, " <>
                 "such as Jason, got: #{inspect(value)}"
    end
  end

  test "a repository does not start with a type extension that has none of the functions" do
    for value <- [Extension, [Extension, Other], [NoSuchModule], ["Extension"], nil] do
      assert start(:type_extensions, value) ==
               "config :ecto_libsql, type_extensions: must be a list of modules with loaders/2, dumpers/2 or " <>
                 "column_type/2, got: #{inspect(value)}"
    end
  end

  test "JSONB needs SQLite 3.45" do
    for key <- [:map_type, :array_type] do
      Application.put_env(:ecto_libsql, key, :binary)
      assert Options.Application.check!({3, 45, 0}) == :ok

      assert_raise ArgumentError,
                   "config :ecto_libsql, #{key}: :binary needs the JSONB of SQLite 3.45 or later, this is 3.40.1; " <>
                     "leave it out or set it to :string",
                   fn -> Options.Application.check!({3, 40, 1}) end

      Application.delete_env(:ecto_libsql, key)
    end
  end

  test "an unknown setting is refused with the nearest name" do
    assert start(:decimal_typ, :exact) ==
             "unknown option :decimal_typ (got: :exact) of config :ecto_libsql; did you mean :decimal_type?"

    assert start(:pool_size, 5) == "unknown option :pool_size (got: 5) of config :ecto_libsql"
  end

  test "repositories of an application of this name, and Mix's list of them, are no settings" do
    assert start(MyApp.Repo, database: "my_app.db") == :ok
    assert start(:ecto_repos, [MyApp.Repo]) == :ok
  end
end
