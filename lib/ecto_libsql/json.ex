defmodule EctoLibSql.JSON do
  @moduledoc """
  SQLite's JSON functions, one Elixir function each.

  Every function but `arrow_fragment/3` takes what `EctoLibSql.Native` takes first (a state, the
  argument of `DBConnection.run/3`, a pool, a repo) and returns `{:ok, value}` or
  `{:error, reason}`. Values are what SQLite returns (numbers, text, `nil`), not decoded structures:
  an extracted object is its JSON text.

      {:ok, state} = EctoLibSql.connect(database: ":memory:")
      {:ok, "light"} = EctoLibSql.JSON.extract(state, ~s({"theme":"light"}), "$.theme")
      {:ok, "array"} = EctoLibSql.JSON.type(state, "[1,2]")
      {:ok, 2} = EctoLibSql.JSON.json_length(state, "[1,2]")
      {:ok, ~s({"a":1,"b":2})} = EctoLibSql.JSON.set(state, ~s({"a":1}), "$.b", 2)

  `json` is text, or from SQLite 3.45 on also JSONB: a binary that cannot be JSON text (not UTF-8,
  or with control characters) is taken as JSONB; write `{:blob, binary}` where that must not be
  guessed. The version is asked at run time.

  Values put into JSON follow the rules for parameters: strings become JSON strings, `nil` becomes
  `null`, `true` and `false` are the numbers 1 and 0. To insert a structure, give `patch/3` its JSON text.

  Sources: [sqlite.org/json1.html](https://sqlite.org/json1.html).
  """

  alias EctoLibSql.JSON.{Call, Sql}

  @typedoc "A state, a `%DBConnection{}`, a pool or a repo; see `EctoLibSql.Native`."
  @type target :: term()

  @typedoc "JSON text or JSONB."
  @type json :: binary() | {:blob, binary()} | nil

  @typedoc "A JSON path: `\"$\"`, `\"$.user.name\"`, `\"$[0]\"`."
  @type path :: String.t()

  @type reason :: String.t() | {:invalid_arguments, String.t()}

  @doc """
  The value at a path; `nil` where nothing is. Objects and arrays come as JSON text.

      {:ok, 30} = EctoLibSql.JSON.extract(state, ~s({"user":{"age":30}}), "$.user.age")
  """
  @spec extract(target(), json(), path()) :: {:ok, term()} | {:error, reason()}
  def extract(state, json, path),
    do: Call.value(state, "SELECT json_extract(?, ?)", [Call.json(json), path])

  @doc """
  The type at a path: `"null"`, `"true"`, `"false"`, `"integer"`, `"real"`, `"text"`, `"array"`,
  `"object"`, or `nil` where nothing is.

      {:ok, "object"} = EctoLibSql.JSON.type(state, ~s({"a":1}))
  """
  @spec type(target(), json(), path()) :: {:ok, String.t() | nil} | {:error, reason()}
  def type(state, json, path \\ "$"),
    do: Call.value(state, "SELECT json_type(?, ?)", [Call.json(json), path])

  @doc """
  Whether this is well-formed JSON text (or JSONB, from SQLite 3.45 on).

      {:ok, true} = EctoLibSql.JSON.is_valid(state, "[1]")
      {:ok, false} = EctoLibSql.JSON.is_valid(state, "[1")
  """
  @spec is_valid(target(), json()) :: {:ok, boolean()} | {:error, reason()}
  def is_valid(state, json) do
    sql = if Call.jsonb?(), do: "SELECT json_valid(?, 9)", else: "SELECT json_valid(?)"
    with {:ok, value} <- Call.value(state, sql, [Call.json(json)]), do: {:ok, value == 1}
  end

  @doc """
  A JSON array of the values.

      {:ok, ~s([1,2.5,"x",null])} = EctoLibSql.JSON.array(state, [1, 2.5, "x", nil])
  """
  @spec array(target(), [term()]) :: {:ok, String.t()} | {:error, reason()}
  def array(state, values) when is_list(values),
    do: Call.value(state, Sql.array(length(values)), values)

  @doc """
  A JSON object of keys and values that follow each other in one list.

      {:ok, ~s({"name":"Ada","age":36})} =
        EctoLibSql.JSON.object(state, ["name", "Ada", "age", 36])

  A list of odd length is `{:error, {:invalid_arguments, text}}`.
  """
  @spec object(target(), [term()]) :: {:ok, String.t()} | {:error, reason()}
  def object(state, keys_and_values) when is_list(keys_and_values) do
    case rem(length(keys_and_values), 2) do
      0 ->
        Call.value(state, "SELECT json_object(#{Call.marks(keys_and_values)})", keys_and_values)

      1 ->
        {:error, {:invalid_arguments, "object/2 needs a value for each key"}}
    end
  end

  @doc """
  The members of the array or object at a path as `{key, value, type}`; keys of arrays are
  numbers counted from 0.

      {:ok, [{"a", 1, "integer"}]} = EctoLibSql.JSON.each(state, ~s({"a":1}))
  """
  @spec each(target(), json(), path()) ::
          {:ok, [{String.t() | integer() | nil, term(), String.t()}]} | {:error, reason()}
  def each(state, json, path \\ "$"),
    do:
      Call.tuples(state, "SELECT key, value, type FROM json_each(?, ?)", [Call.json(json), path])

  @doc """
  Everything below a path, depth first, as `{fullkey, atom, type}`; `atom` is `nil` for arrays and
  objects.

      {:ok, [{"$", nil, "array"}, {"$[0]", 1, "integer"}]} = EctoLibSql.JSON.tree(state, "[1]")
  """
  @spec tree(target(), json(), path()) ::
          {:ok, [{String.t(), term(), String.t()}]} | {:error, reason()}
  def tree(state, json, path \\ "$"),
    do:
      Call.tuples(state, "SELECT fullkey, atom, type FROM json_tree(?, ?)", [
        Call.json(json),
        path
      ])

  @doc """
  Minified JSON text (`:json`) or JSONB (`:jsonb`, from SQLite 3.45 on; below that an error that
  names the version).

      {:ok, "[1,2]"} = EctoLibSql.JSON.convert(state, "[ 1, 2 ]")
  """
  @spec convert(target(), json(), :json | :jsonb) :: {:ok, binary()} | {:error, reason()}
  def convert(state, json, format \\ :json)

  def convert(state, json, :json), do: Call.value(state, "SELECT json(?)", [Call.json(json)])

  def convert(state, json, :jsonb) do
    with :ok <- Call.require_jsonb(),
         do: Call.value(state, "SELECT jsonb(?)", [Call.json(json)])
  end

  def convert(_state, _json, _format),
    do: {:error, {:invalid_arguments, "the format is :json or :jsonb"}}

  @doc """
  SQL text that reads a path of a column, for `fragment/1` and hand-written queries. No database
  is asked.

      iex> EctoLibSql.JSON.arrow_fragment("settings", "theme")
      "settings -> 'theme'"
      iex> EctoLibSql.JSON.arrow_fragment("users.settings", "$.font.size", :double_arrow)
      "users.settings ->> '$.font.size'"
      iex> EctoLibSql.JSON.arrow_fragment("tags", 0)
      "tags -> 0"

  `:arrow` (`->`) gives JSON, `:double_arrow` (`->>`) an SQL value. Raises `ArgumentError` when
  `column` is not an identifier; quotes in `path` are escaped.
  """
  @spec arrow_fragment(String.t() | atom(), String.t() | integer(), :arrow | :double_arrow) ::
          String.t()
  defdelegate arrow_fragment(column, path, operator \\ :arrow), to: Sql

  @doc """
  A value as JSON text.

      {:ok, ~s("it's")} = EctoLibSql.JSON.json_quote(state, "it's")
  """
  @spec json_quote(target(), term()) :: {:ok, String.t()} | {:error, reason()}
  def json_quote(state, value), do: Call.value(state, "SELECT json_quote(?)", [value])

  @doc """
  How many members the array or object at a path has; 1 for any other value, `nil` where nothing is.

      {:ok, 3} = EctoLibSql.JSON.json_length(state, "[1,2,3]")
  """
  @spec json_length(target(), json(), path()) :: {:ok, integer() | nil} | {:error, reason()}
  def json_length(state, json, path \\ "$"),
    do: Call.value(state, Sql.length(), [Call.json(json), path])

  @doc """
  How deep the structure is: 1 for a plain value and for an empty array or object, one more for
  each level inside.

      {:ok, 3} = EctoLibSql.JSON.depth(state, ~s({"a":[1]}))
  """
  @spec depth(target(), json()) :: {:ok, integer() | nil} | {:error, reason()}
  def depth(state, json), do: Call.value(state, Sql.depth(), [Call.json(json)])

  @doc """
  The keys of the object at a path, in their order, as the text of a JSON array; `nil` where no
  object is.

      {:ok, ~s(["a","b"])} = EctoLibSql.JSON.keys(state, ~s({"a":1,"b":2}))
  """
  @spec keys(target(), json(), path()) :: {:ok, String.t() | nil} | {:error, reason()}
  def keys(state, json, path \\ "$"),
    do: Call.value(state, Sql.keys(), [Call.json(json), path])

  @doc """
  The JSON without the value at a path, or at each of a list of paths.

      {:ok, ~s({"b":2})} = EctoLibSql.JSON.remove(state, ~s({"a":1,"b":2}), "$.a")
  """
  @spec remove(target(), json(), path() | [path()]) :: {:ok, String.t()} | {:error, reason()}
  def remove(state, json, paths) do
    arguments = [Call.json(json) | List.wrap(paths)]
    Call.value(state, "SELECT json_remove(#{Call.marks(arguments)})", arguments)
  end

  @doc """
  The JSON with `value` at the path, whether something was there or not.

      {:ok, ~s({"a":2})} = EctoLibSql.JSON.set(state, ~s({"a":1}), "$.a", 2)
  """
  @spec set(target(), json(), path(), term()) :: {:ok, String.t()} | {:error, reason()}
  def set(state, json, path, value), do: edit(state, "json_set", json, path, value)

  @doc "Like `set/4`, but only where something is at the path already."
  @spec replace(target(), json(), path(), term()) :: {:ok, String.t()} | {:error, reason()}
  def replace(state, json, path, value), do: edit(state, "json_replace", json, path, value)

  @doc "Like `set/4`, but only where nothing is at the path yet."
  @spec insert(target(), json(), path(), term()) :: {:ok, String.t()} | {:error, reason()}
  def insert(state, json, path, value), do: edit(state, "json_insert", json, path, value)

  @doc """
  Merges `patch` into `json` (RFC 7396): its keys replace those of the same name, `null` removes.

      {:ok, ~s({"a":2})} = EctoLibSql.JSON.patch(state, ~s({"a":1,"b":1}), ~s({"a":2,"b":null}))
  """
  @spec patch(target(), json(), json()) :: {:ok, String.t()} | {:error, reason()}
  def patch(state, json, patch),
    do: Call.value(state, "SELECT json_patch(?, ?)", [Call.json(json), Call.json(patch)])

  defp edit(state, function, json, path, value),
    do: Call.value(state, "SELECT #{function}(?, ?, ?)", [Call.json(json), path, value])
end
