import { register } from 'node:module';

/**
 * Lets what is imported from src come from dist: what users run, whereas tsx adds a call to every function that is made
 * in passing. To be imported before the benchmark itself.
 */
const hooks = `
  export async function resolve(specifier, context, next) {
    const found = await next(specifier, context);
    const built = found.url.replace(/\\/src\\/(.*)[.]tsx?(?=$|[?])/, '/dist/$1.js');
    return built === found.url ? found : next(built, context);
  }
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
