# DBConnection's protocol for queries. Statements are compiled by the connection's cache when they run,
# so there is nothing to parse or describe before.
defimpl DBConnection.Query, for: EctoLibSql.Query do
  def parse(%{statement: sql} = query, _opts) when is_binary(sql), do: query
  def parse(query, _opts), do: %{query | statement: to_string(%{query | comment: nil})}

  def describe(query, _opts), do: query

  def encode(_query, params, _opts), do: EctoLibSql.Query.encode(params)

  def decode(_query, result, _opts), do: result
end
