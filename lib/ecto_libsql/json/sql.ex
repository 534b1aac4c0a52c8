defmodule EctoLibSql.JSON.Sql do
  @moduledoc false
  # SQL for the functions of EctoLibSql.JSON that SQLite lacks.

  # SQLite limits the arguments of a function to 127 (SQLITE_MAX_FUNCTION_ARG, 100 in some builds), but not the rows
  # of VALUES.
  @most_arguments 100

  @doc false
  # An array of `count` values.
  @spec array(non_neg_integer()) :: String.t()
  def array(count) when count <= @most_arguments, do: "SELECT json_array(#{repeated("?", count)})"

  def array(count) do
    "SELECT json_group_array(column1) FROM (VALUES #{repeated("(?)", count)})"
  end

  defp repeated(mark, count), do: mark |> List.duplicate(count) |> Enum.join(", ")

  @doc false
  # ?1 is the JSON, ?2 the path.
  @spec length() :: String.t()
  def length do
    """
    SELECT CASE coalesce(json_type(?1, ?2), '')
             WHEN '' THEN NULL
             WHEN 'array' THEN (SELECT count(*) FROM json_each(?1, ?2))
             WHEN 'object' THEN (SELECT count(*) FROM json_each(?1, ?2))
             ELSE 1
           END
    """
  end

  @doc false
  @spec keys() :: String.t()
  def keys do
    """
    SELECT CASE json_type(?1, ?2)
             WHEN 'object' THEN (SELECT json_group_array(key) FROM json_each(?1, ?2))
           END
    """
  end

  @doc false
  # json_tree() returns the parent of each element but not its depth: a recursive query counts it from
  # the root. MATERIALIZED, because the join would parse the text once for each element.
  @spec depth() :: String.t()
  def depth do
    """
    WITH RECURSIVE
      node(id, parent) AS MATERIALIZED (SELECT id, parent FROM json_tree(?1)),
      level(id, depth) AS (
        SELECT id, 1 FROM node WHERE parent IS NULL
        UNION ALL
        SELECT node.id, level.depth + 1 FROM level JOIN node ON node.parent = level.id
      )
    SELECT max(depth) FROM level
    """
  end

  @doc false
  @spec arrow_fragment(term(), term(), term()) :: String.t()
  def arrow_fragment(column, path, operator) do
    "#{column!(column)} #{operator!(operator)} #{path!(path)}"
  end

  defp column!(column) do
    if (is_binary(column) or (is_atom(column) and column != nil)) and
         to_string(column) =~ ~r/\A[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?\z/,
       do: to_string(column),
       else: raise(ArgumentError, "not a column name: #{inspect(column)}")
  end

  defp operator!(:arrow), do: "->"
  defp operator!(:double_arrow), do: "->>"

  defp operator!(other),
    do: raise(ArgumentError, "expected :arrow or :double_arrow, got: #{inspect(other)}")

  defp path!(path) when is_integer(path), do: Integer.to_string(path)

  defp path!(path) when is_binary(path) do
    if String.valid?(path) and not String.contains?(path, <<0>>),
      do: "'" <> String.replace(path, "'", "''") <> "'",
      else: raise(ArgumentError, "a JSON path is text without NUL")
  end

  defp path!(path),
    do: raise(ArgumentError, "expected a path or an array index, got: #{inspect(path)}")
end
