defmodule EctoLibSql.JSON.Call do
  @moduledoc false
  # Runs the queries of EctoLibSql.JSON: returns one value or a list of tuples.

  alias EctoLibSql.Connection.Lifetime
  alias EctoLibSql.{Error, Native}

  @jsonb_version {3, 45, 0}

  @doc false
  # The one value of a query's one row.
  @spec value(term(), String.t(), [term()]) :: {:ok, term()} | {:error, String.t()}
  def value(state, sql, arguments) do
    with {:ok, [[value]]} <- rows(state, sql, arguments), do: {:ok, value}
  end

  @doc false
  @spec tuples(term(), String.t(), [term()]) :: {:ok, [tuple()]} | {:error, String.t()}
  def tuples(state, sql, arguments) do
    with {:ok, rows} <- rows(state, sql, arguments), do: {:ok, Enum.map(rows, &List.to_tuple/1)}
  end

  @doc false
  # JSON as a parameter. A BLOB is JSONB, which SQLite has from 3.45 on.
  @spec json(term()) :: term()
  def json(json) when is_binary(json) do
    if String.valid?(json) and not control_characters?(json), do: json, else: {:blob, json}
  end

  def json(json), do: json

  @doc false
  # One `?` for each argument.
  @spec marks([term()]) :: String.t()
  def marks(arguments), do: Enum.map_join(arguments, ", ", fn _ -> "?" end)

  @doc false
  @spec jsonb?() :: boolean()
  def jsonb?, do: Lifetime.sqlite_version() >= @jsonb_version

  @doc false
  @spec require_jsonb() :: :ok | {:error, String.t()}
  def require_jsonb do
    if jsonb?(), do: :ok, else: {:error, "JSONB needs SQLite 3.45 or newer; this is #{version()}"}
  end

  # White space is the only control character that JSON text may hold (RFC 8259, 2 and 7).
  defp control_characters?(text), do: text =~ ~r/[\x00-\x08\x0b\x0c\x0e-\x1f]/

  defp version, do: "SQLite " <> Enum.join(Tuple.to_list(Lifetime.sqlite_version()), ".")

  defp rows(state, sql, arguments) do
    case Native.query(state, sql, arguments) do
      {:ok, _query, %{rows: rows}, _state} -> {:ok, rows}
      {:error, %Error{message: message}, _state} -> {:error, message}
      {:error, error, _state} -> {:error, Exception.message(error)}
    end
  end
end
